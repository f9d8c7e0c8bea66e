import { css } from 'lit';

/** Cards about orders. */
export const orders = css`
  :host { display: block; border-top: 1px solid var(--_line); font-size: 0.9375rem; line-height: 1.4; container-type: inline-size; }
  h4, h5 { margin: 0; }
  .delay { display: grid; gap: 8px; padding: 12px 16px 14px; border-bottom: 1px solid var(--_line); }
  .delay.blocks { background: var(--_person); }
  .delay-head { display: flex; gap: 10px; align-items: flex-start; }
  .delay-head .icon { margin-top: 1px; color: var(--_muted); }
  .blocks .delay-head .icon, .blocks h4, .blocks .since { color: var(--_person-ink); }
  .delay h4 { font-size: 1rem; font-weight: 650; line-height: 1.35; overflow-wrap: anywhere; }
  .kind { display: block; font-size: 0.75rem; font-weight: 600; color: var(--_muted); }
  .blocks .kind, .blocks .hint { color: var(--_person-ink); }
  .fact { display: grid; grid-template-columns: minmax(104px, 26%) 1fr; gap: 10px; overflow-wrap: anywhere; }
  .told { display: grid; gap: 6px; }
  .facts { display: grid; gap: 7px; padding: 12px 16px; border-bottom: 1px solid var(--_line); }
  .facts dt, .delay dt { color: var(--_muted); font-size: 0.8125rem; padding-top: 1px; }
  .blocks dt { color: var(--_person-ink); }
  .mailbox { display: block; }
  .mailbox a { font-size: 0.875rem; }
  .who-name { font-weight: 600; }
  .calm { display: flex; gap: 10px; padding: 12px 16px; border-bottom: 1px solid var(--_line); }
  .calm .icon { color: var(--_accent); }
  .calm.warn { background: var(--_person); color: var(--_person-ink); font-weight: 600; }
  .calm.warn .icon { color: inherit; }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; }
  .buttons a.plain { display: inline-flex; align-items: center; gap: 6px; text-decoration: none; color: var(--_ink); }
  .buttons a.plain .icon { width: 16px; height: 16px; }
  .buttons button, .buttons a { text-align: start; }
  .foot { padding: 12px 16px 14px; }

  .way { padding: 12px 16px; border-bottom: 1px solid var(--_line); }
  .way h4, .chart h4 { font-size: 0.8125rem; font-weight: 600; color: var(--_muted); margin-bottom: 8px; }
  .steps { display: grid; }
  .steps li { position: relative; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; padding: 0 0 12px 30px; min-height: 32px; }
  .steps li:last-child { padding-bottom: 0; min-height: 20px; }
  .steps li::before { content: ''; position: absolute; inset-inline-start: 9px; top: 20px; bottom: 0; border-inline-start: 2px dashed var(--_control-line); }
  .steps li.done::before { border-inline-start: 2px solid var(--_accent); }
  .steps li:last-child::before { display: none; }
  .mark { position: absolute; inset-inline-start: 0; top: 0; width: 20px; height: 20px; border-radius: 50%; display: grid; place-items: center; border: 2px solid var(--_control-line); background: var(--_raised); }
  .mark .icon { width: 13px; height: 13px; stroke-width: 3; }
  .done .mark { background: var(--_accent); border-color: var(--_accent); color: var(--_on-accent); }
  .now .mark { border-color: var(--_accent); border-width: 3px; }
  .now .mark::after { content: ''; width: 8px; height: 8px; border-radius: 50%; background: var(--_accent); }
  .now .step { font-weight: 650; }
  .ahead .step, .missed .step { color: var(--_muted); }
  .ahead .mark { border-style: dashed; }

  details { border-bottom: 1px solid var(--_line); }
  details:last-child { border-bottom: 0; }
  summary { min-height: 44px; padding: 0 16px; display: flex; align-items: center; gap: 6px; color: var(--_accent); font-weight: 600; font-size: 0.875rem; cursor: pointer; }
  summary::before { content: ''; width: 7px; height: 7px; border: solid currentColor; border-width: 0 2px 2px 0; transform: rotate(-45deg); flex: none; }
  details[open] > summary::before { transform: rotate(45deg); }
  summary:hover { text-decoration: underline; text-underline-offset: 0.2em; }
  summary:focus-visible { outline-offset: -3px; }
  details ul { padding: 0 16px 12px; display: grid; gap: 4px; }
  table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
  th, td { text-align: start; vertical-align: top; padding: 7px 8px; border-top: 1px solid var(--_line); font-weight: 400; overflow-wrap: anywhere; }
  th:first-child, td:first-child { padding-inline-start: 16px; }
  th:last-child, td:last-child { padding-inline-end: 16px; width: 34%; }
  thead th { color: var(--_muted); font-size: 0.8125rem; font-weight: 600; }
  .amount { text-align: end; width: 1%; white-space: nowrap; overflow-wrap: normal; }
  td .hint, tbody th .hint { display: block; }

  .chips { display: flex; flex-wrap: wrap; gap: 6px; padding: 10px 12px; border-bottom: 1px solid var(--_line); }
  .chip { min-height: 44px; padding: 0 14px; border: 1px solid var(--_control-line); border-radius: 22px; background: var(--_raised); font-size: 0.875rem; font-weight: 600; display: inline-flex; align-items: center; gap: 6px; }
  .chip .icon { width: 16px; height: 16px; }
  .chip:hover { border-color: var(--_accent); color: var(--_accent); }
  .chip[aria-pressed='true'] { background: var(--_accent-soft); border-color: var(--_accent); color: var(--_accent); }
  .filter { padding: 10px 12px; border-bottom: 1px solid var(--_line); }
  .search { margin: 0 !important; }
  .box { max-height: min(480px, 60vh); overflow: auto; overscroll-behavior: contain; position: relative; }
  .box:focus-visible { outline-offset: -3px; }
  .box li { display: grid; gap: 4px; padding: 10px 16px 12px; border-top: 1px solid var(--_line); }
  .box li:first-child { border-top: 0; }
  .row { display: flex; align-items: center; gap: 4px 10px; flex-wrap: wrap; }
  .number { min-height: 32px; margin-inline-start: -8px; padding: 0 8px; border: 0; border-radius: 8px; background: none; color: var(--_accent); font-weight: 650; text-decoration: underline; text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
  .number:hover { background: var(--_hover); }
  .number:disabled { color: var(--_muted); text-decoration: none; }
  .row .pill { margin-inline-start: auto; white-space: normal; line-height: 1.3; padding: 3px 9px; }
  .why { display: flex; gap: 8px; font-size: 0.875rem; }
  .why .icon { width: 18px; height: 18px; margin-top: 1px; color: var(--_muted); }
  .why.blocks, .why.blocks .hint, .why.blocks .icon { color: var(--_person-ink); }
  .why strong { font-weight: 600; }
  @container (max-width: 440px) { .acts { display: none; } }
  .none { padding: 14px 16px; color: var(--_muted); }
  .more { width: 100%; justify-content: center; }
  .list-foot { display: grid; gap: 8px; padding: 10px 16px 14px; border-top: 1px solid var(--_line); }

  .numbers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; padding: 12px; border-bottom: 1px solid var(--_line); }
  .figure { display: grid; justify-items: start; gap: 2px; min-height: 64px; padding: 8px 12px; border: 1px solid var(--_control-line); border-radius: var(--_radius-s); background: var(--_raised); text-align: start; }
  .figure:hover:not(:disabled) { border-color: var(--_accent); }
  .figure strong { font-size: 1.375rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
  .figure span:not(.sr-only) { font-size: 0.8125rem; color: var(--_muted); font-weight: 600; }
  .figure .alarm { display: inline-flex; gap: 6px; align-items: center; color: var(--_person-ink); }
  .figure .alarm .icon { width: 18px; height: 18px; }
  .chart { padding: 12px 16px; }
  .chart + .chart { border-top: 1px solid var(--_line); }
  .bars { display: grid; gap: 6px; }
  .bars li { display: grid; grid-template-columns: minmax(96px, 38%) 1fr minmax(2.5em, auto); gap: 10px; align-items: center; font-size: 0.875rem; }
  .bars svg { width: 100%; height: 12px; display: block; }
  .bars .track { fill: var(--_sunken); }
  .bars .bar { fill: var(--_accent); }
  .bars strong { text-align: end; font-variant-numeric: tabular-nums; font-weight: 600; }
  @media (forced-colors: active) { .bars .bar { fill: CanvasText; } .bars .track { fill: none; } .done .mark, .now .mark::after { forced-color-adjust: none; background: CanvasText; color: Canvas; } }

  .export { display: grid; gap: 8px; padding: 12px 16px 14px; }
  .export progress { width: 100%; height: 12px; accent-color: var(--_accent); }
  .export .row { justify-content: space-between; }
  @container (max-width: 300px) {
    .fact { grid-template-columns: 1fr; gap: 0; }
    .numbers { grid-template-columns: 1fr; }
  }
`;
