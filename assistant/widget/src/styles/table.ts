import { css } from 'lit';

/** A row as a card of its own: what it is about, then a line for each other cell. */
const smallCards = css`
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 8px 16px 9px; border-bottom: 1px solid var(--_line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody tr:hover td { background: none; }
  td { display: grid; grid-template-columns: minmax(84px, 30%) 1fr; gap: 10px; padding: 2px 0; border: 0; max-width: none; }
  td.empty { display: none; }
  td > span { overflow-wrap: anywhere; }
  .label { display: block; color: var(--_muted); font-weight: 400; }
  td[role='rowheader'] { display: block; font-size: 0.9375rem; }
  td[role='rowheader'] .label { display: none; }
`;

/** A table in a card. */
export const table = css`
  :host { display: block; container-type: inline-size; border-top: 1px solid var(--_line); font-size: 0.875rem; line-height: 1.4; }
  .filter { padding: 10px 12px; border-bottom: 1px solid var(--_line); }
  .search { margin: 0; }
  .box { max-height: min(420px, 56vh); overflow: auto; overscroll-behavior: contain; position: relative; background: var(--_raised); }
  .box:focus-visible { outline-offset: -3px; }
  table { border-collapse: separate; border-spacing: 0; width: 100%; }
  th, td { text-align: start; vertical-align: top; padding: 8px 12px; border-bottom: 1px solid var(--_line); }
  th { position: sticky; top: 0; z-index: 1; background: var(--_sunken); color: var(--_muted); font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
  td { overflow-wrap: break-word; max-width: 280px; }
  tbody tr:last-child td { border-bottom: 0; }
  tbody tr:hover td { background: var(--_hover); }
  [role='rowheader'] { font-weight: 600; }
  .label { display: none; }
  .outcome { display: inline-flex; align-items: center; gap: 4px; font-weight: 600; white-space: nowrap; }
  .outcome .icon { width: 16px; height: 16px; }
  .outcome.added, .outcome.changed, .outcome.assigned { color: var(--_accent); }
  .outcome.skipped, .outcome.unchanged { color: var(--_muted); }
  .outcome.failed { color: var(--_danger); }
  .more { width: 100%; justify-content: center; }
  .none { padding: 14px 16px; color: var(--_muted); }
  .foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; padding: 4px 8px 4px 16px; min-height: 48px; border-top: 1px solid var(--_line); }
  .foot .hint { flex: 1 1 120px; }
  .takes { display: flex; flex-wrap: wrap; }
  /* How much room it takes to have so many columns beside each other. */
  @container (max-width: 460px) { .columns-3 { ${smallCards} } }
  @container (max-width: 580px) { .columns-4 { ${smallCards} } }
  @container (max-width: 720px) { .columns-5 { ${smallCards} } }
  @media (forced-colors: active) { th { border-bottom-color: CanvasText; } }
`;
