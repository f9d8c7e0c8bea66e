import { css } from 'lit';

/** Messages, cards and what belongs to them. */
export const messages = css`
  .log { display: flex; flex-direction: column; gap: 4px; }
  .day { align-self: center; margin: 8px 0 4px; font-size: 0.8125rem; color: var(--_muted); }
  .message { display: flex; flex-direction: column; align-items: flex-start; max-width: 100%; }
  .message.first { margin-top: 12px; }
  .message.user { align-items: flex-end; }
  .message.system { align-items: center; text-align: center; margin-block: 8px; }
  .bubble {
    max-width: min(88%, 560px); padding: 9px 14px; border-radius: var(--_radius-m); overflow-wrap: anywhere;
    font-size: 0.9375rem; line-height: 1.5; border-end-start-radius: 5px;
    background: var(--_raised); border: 1px solid var(--_line);
  }
  .user .bubble {
    background: var(--_accent); color: var(--_on-accent); border-color: transparent; white-space: pre-wrap;
    border-end-start-radius: var(--_radius-m); border-end-end-radius: 5px;
  }
  .person .bubble { background: var(--_person); border-color: var(--_person-line); }
  .system .bubble { background: none; border: 0; color: var(--_muted); font-size: 0.875rem; padding: 2px 12px; }
  .bubble.card-only { padding: 0; border: 0; background: none; }
  .bubble > * + * { margin-top: 0.6em; }
  .bubble ul:not([role]), .bubble ol { padding-inline-start: 1.3em; display: grid; gap: 0.25em; }
  .bubble ul:not([role]) { list-style: disc; }
  .reference-number { white-space: nowrap; }
  .bubble code { font: 0.875em/1.4 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; background: var(--_sunken); padding: 0.1em 0.35em; border-radius: 4px; }
  .bubble pre { overflow-x: auto; background: var(--_sunken); padding: 10px 12px; border-radius: var(--_radius-s); }
  .bubble pre code { background: none; padding: 0; }
  .who { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 0 2px 4px; font-size: 0.8125rem; color: var(--_muted); font-weight: 600; }
  .person .who { color: var(--_person-ink); }
  .tag { border: 1px solid currentColor; border-radius: 6px; padding: 0 6px; font-size: 0.75rem; line-height: 18px; font-weight: 600; white-space: nowrap; }
  .who .icon { width: 16px; height: 16px; }
  .meta { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; margin: 3px 4px 0; font-size: 0.75rem; color: var(--_muted); min-height: 24px; }
  .user .meta { justify-content: flex-end; }
  .failed .bubble { background: var(--_danger-soft); color: var(--_ink); border: 1px solid var(--_danger); }
  .unsent { display: grid; justify-items: end; gap: 2px; margin-top: 4px; font-size: 0.8125rem; color: var(--_danger); text-align: end; }
  .unsent .row { display: flex; gap: 6px; }

  .sources { display: grid; gap: 4px; margin-top: 10px; padding-top: 8px; border-top: 1px solid var(--_line); font-size: 0.8125rem; }
  .sources h3 { font-size: 0.75rem; font-weight: 600; color: var(--_muted); }
  .sources ul { display: grid; gap: 2px; }
  .sources a { display: inline-block; padding-block: 3px; }

  .card { width: min(100%, 560px); margin-top: 6px; border: 1px solid var(--_line); border-radius: var(--_radius-m); background: var(--_raised); overflow: hidden; font-size: 0.9375rem; line-height: 1.45; }
  .card-head { display: flex; align-items: flex-start; gap: 10px; padding: 14px 16px 10px; }
  .card-head .icon { margin-top: 1px; color: var(--_accent); }
  .card-head > div { flex: 1; min-width: 0; }
  .card h3 { font-size: 1rem; font-weight: 650; line-height: 1.35; overflow-wrap: anywhere; }
  .card .over { font-size: 0.75rem; font-weight: 600; color: var(--_muted); }
  dl { display: grid; padding: 0 16px 12px; }
  dl > div { display: grid; grid-template-columns: minmax(88px, 34%) 1fr; gap: 12px; padding: 7px 0; border-top: 1px solid var(--_line); }
  dl > .long { grid-template-columns: 1fr; gap: 2px; }
  .long dd { font-weight: 400; font-size: 0.875rem; }
  dt { color: var(--_muted); overflow-wrap: anywhere; hyphens: auto; }
  dd { font-weight: 500; overflow-wrap: anywhere; white-space: pre-line; }
  .receipt { border-color: var(--_accent-line); }
  .receipt .card-head { background: var(--_accent-soft); padding-bottom: 14px; }
  .receipt dl > div:first-child { border-top: 0; }
  .receipt dl { padding-top: 4px; }
  .stamp { display: grid; place-items: center; width: 28px; height: 28px; border-radius: 50%; flex: none; background: var(--_accent); color: var(--_on-accent); }
  .card-head .stamp .icon { color: inherit; width: 18px; height: 18px; margin: 0; }
  .reference { display: inline-flex; align-items: center; gap: 6px; min-height: 44px; margin: 4px 0 -8px -10px; padding: 0 10px; border: 0; border-radius: var(--_radius-s); background: none; color: var(--_accent); font: 650 1.0625rem/1.2 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; letter-spacing: 0.01em; }
  .reference:hover { background: color-mix(in oklab, var(--_accent) 14%, transparent); }
  .reference .icon { margin: 0; width: 18px; height: 18px; }
  .items { display: grid; }
  .items > li { display: flex; align-items: center; gap: 12px; padding: 10px 12px 10px 16px; border-top: 1px solid var(--_line); }
  .items > li:first-child { border-top: 0; }
  .items > li > .icon { color: var(--_accent); }
  .items > li > div { flex: 1; min-width: 0; }
  .items strong { font-weight: 600; display: block; overflow-wrap: anywhere; line-height: 1.35; }
  .items .hint { display: block; }
  .items a.action { flex: none; display: inline-flex; align-items: center; min-height: 44px; padding: 0 12px; border-radius: var(--_radius-s); border: 1px solid var(--_accent-line); font-weight: 600; font-size: 0.875rem; text-decoration: none; }
  .items a.action:hover { background: var(--_accent-soft); border-color: var(--_accent); }
  .full { width: 100%; }
  .card + .card { margin-top: 8px; }

  .proposal { border-color: var(--_accent); box-shadow: 0 0 0 1px var(--_accent); }
  .proposal:focus { outline: none; }
  .proposal:focus-visible { outline: 2px solid var(--_focus); }
  .proposal.settled { border-color: var(--_line); box-shadow: none; }
  .proposal.settled dl, .proposal.settled h3 { color: var(--_muted); }
  .notes { display: grid; gap: 10px; margin: 0 16px 12px; }
  ask-licensing-table + .note { margin-top: 12px; font-weight: 600; }
  .told { display: grid; gap: 6px; font-size: 0.875rem; }
  .told li { display: flex; gap: 8px; }
  .told .icon { width: 18px; height: 18px; margin-top: 1px; color: var(--_accent); }
  .warnings { padding: 10px 12px; border-radius: var(--_radius-s); background: var(--_person); color: var(--_person-ink); }
  .warnings .icon { color: inherit; }
  .note { margin: 0 16px 12px; padding: 10px 12px; border-radius: var(--_radius-s); background: var(--_sunken); font-size: 0.875rem; }
  .terms { margin: 0 16px 12px; padding: 10px 12px; border: 1px solid var(--_control-line); border-radius: var(--_radius-s); font-size: 0.875rem; white-space: pre-line; }
  .terms h4 { margin: 0 0 4px; font-size: 0.8125rem; font-weight: 650; }
  .proposal .problem { margin: 0 16px 12px; padding: 10px 12px; border-radius: var(--_radius-s); background: var(--_danger-soft); }
  .proposal .problem:empty { display: none; }
  .actions { display: flex; flex-wrap: wrap; gap: 8px; padding: 12px 16px; background: var(--_sunken); border-top: 1px solid var(--_line); align-items: center; }
  .actions .primary { flex: 1 1 auto; min-width: 120px; }
  .actions .hint { flex-basis: 100%; }
  .urgent { color: var(--_danger); font-weight: 600; }

  .offers { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
  .question { margin-top: 12px; }
  .skip { margin-top: 8px; }
  .typing { display: flex; align-items: center; gap: 10px; margin-top: 12px; color: var(--_muted); font-size: 0.875rem; }
  .dots { display: inline-flex; gap: 4px; padding: 14px; border-radius: var(--_radius-m); border-end-start-radius: 5px; border: 1px solid var(--_line); background: var(--_raised); }
  .dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--_muted); animation: blink 1.2s infinite; }
  .dots i:nth-child(2) { animation-delay: 0.16s; }
  .dots i:nth-child(3) { animation-delay: 0.32s; }
  @keyframes blink { 0%, 60%, 100% { opacity: 0.25; } 30% { opacity: 1; } }
  @media (forced-colors: active) { .bubble { border-color: CanvasText !important; } .dots i { background: CanvasText; } }

  .thumb { position: relative; margin-inline: 4px; display: inline-grid; place-items: center; width: 28px; height: 28px; padding: 0; border: 0; border-radius: 8px; background: none; color: var(--_muted); }
  .thumb::after { content: ''; position: absolute; inset: -8px; }
  .thumb:hover { color: var(--_ink); background: var(--_hover); }
  .thumb[aria-pressed='true'] { color: var(--_on-accent); background: var(--_accent); }
  .thumb .icon { width: 16px; height: 16px; }
  .comment { display: grid; gap: 6px; flex-basis: 100%; margin-top: 6px; font-size: 0.875rem; }
  .comment textarea { min-height: 64px; padding: 8px 12px; border: 1px solid var(--_control-line); border-radius: var(--_radius-s); background: var(--_raised); font-size: 0.9375rem; resize: vertical; outline-offset: 1px; }
  .comment > .plain, .comment > .primary { justify-self: end; }
  .comment .row { display: flex; justify-content: flex-end; align-items: center; gap: 8px; }
  fieldset { border: 0; padding: 0; margin: 0; min-width: 0; }
  legend { padding: 0; margin-bottom: 6px; font-weight: 600; }
  .reasons { display: flex; flex-wrap: wrap; gap: 6px; }
  .reason { display: inline-flex; align-items: center; gap: 8px; min-height: 36px; padding: 4px 12px 4px 10px; border: 1px solid var(--_control-line); border-radius: 18px; cursor: pointer; }
  .reason:has(:checked) { border-color: var(--_accent); background: var(--_accent-soft); }
  .reason:has(:focus-visible) { outline: 2px solid var(--_focus); outline-offset: 1px; }
  .reason input { width: 18px; height: 18px; margin: 0; accent-color: var(--_accent); outline: none; }
`;
