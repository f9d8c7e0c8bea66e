import { css } from 'lit';

/** Cards whose items are small cards themselves. */
export const items = css`
  :host { display: block; border-top: 1px solid var(--_line); font-size: 0.9375rem; line-height: 1.4; container-type: inline-size; }
  .filter { padding: 10px 12px; border-bottom: 1px solid var(--_line); }
  .filter .hint:empty { display: none; }
  .filter .hint { margin-top: 6px; }
  .search { margin: 0 !important; }
  .group + .group { border-top: 1px solid var(--_line); }
  h4 { margin: 0; padding: 12px 16px 2px; font-size: 0.8125rem; font-weight: 600; color: var(--_accent); }
  .items, .list { display: block; max-height: none; overflow: visible; margin: 0; padding: 0; }
  li { display: grid; gap: 8px; padding: 12px 16px 14px; border-top: 1px solid var(--_line); }
  .group li:first-child { border-top: 0; padding-top: 6px; }
  :host > .list > li:first-child, .list:first-child > li:first-child { border-top: 0; }
  .item-head { display: flex; align-items: flex-start; gap: 10px; }
  .item-head > div { flex: 1; min-width: 0; }
  strong, .who-name { font-weight: 600; overflow-wrap: anywhere; }
  strong { display: block; }
  .item-head .hint { display: block; overflow-wrap: anywhere; }
  .fact { display: grid; grid-template-columns: minmax(104px, 26%) 1fr; gap: 10px; overflow-wrap: anywhere; }
  .mailbox { display: block; overflow-wrap: anywhere; }
  .mailbox a { font-size: 0.875rem; }
  .place { display: inline-block; max-width: 100%; }
  q { quotes: '“' '”'; }
  details { margin-top: 2px; }
  summary { min-height: 32px; display: inline-flex; align-items: center; color: var(--_accent); font-weight: 600; font-size: 0.875rem; cursor: pointer; border-radius: 6px; }
  summary:hover { text-decoration: underline; text-underline-offset: 0.2em; }
  .buttons .first { border-color: var(--_accent); color: var(--_accent); }
  .buttons .first:disabled { border-color: var(--_line); color: var(--_muted); }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 2px; }
  .none { padding: 14px 16px; color: var(--_muted); }
  .more { width: 100%; justify-content: center; border-top: 1px solid var(--_line); border-radius: 0; }
  @container (max-width: 300px) { .fact { grid-template-columns: 1fr; gap: 0; } }
`;
