import { css } from 'lit';

/** A tree of virtual accounts in a card. */
export const tree = css`
  :host { display: block; border-top: 1px solid var(--_line); font-size: 0.9375rem; line-height: 1.35; }
  .filter { padding: 10px 12px; border-bottom: 1px solid var(--_line); }
  .search { margin: 0; }
  [role='tree'] { list-style: none; max-height: min(460px, 60vh); overflow: auto; overscroll-behavior: contain; padding: 6px 8px; }
  [role='treeitem'] {
    --_step: 18px; position: relative; display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; min-height: 44px;
    padding: 4px 8px 4px 2px; padding-inline-start: calc(2px + var(--_depth, 0) * var(--_step)); border-radius: 8px; cursor: default;
  }
  [data-level='2'] { --_depth: 1; }
  [data-level='3'] { --_depth: 2; }
  [data-level='4'] { --_depth: 3; }
  [data-level='5'] { --_depth: 4; }
  [data-level='6'] { --_depth: 5; }
  /* A line for each level above, so that the eye finds what something is nested in. */
  [role='treeitem']::before {
    content: ''; position: absolute; inset-block: 0; inset-inline-start: 11px; width: calc(var(--_depth, 0) * var(--_step));
    background: repeating-linear-gradient(to right, var(--_line) 0 1px, transparent 1px var(--_step)); pointer-events: none;
  }
  [aria-expanded] { cursor: pointer; }
  [role='treeitem']:hover { background: var(--_hover); }
  [role='treeitem']:focus-visible { outline-offset: -2px; }
  .twig { width: 20px; flex: none; color: var(--_muted); }
  .twig .icon { transition: transform 120ms; }
  [aria-expanded='false'] .twig .icon { transform: rotate(-90deg); }
  .name { flex: 1 1 96px; min-width: 0; font-weight: 550; overflow-wrap: anywhere; }
  .name .hint { display: block; font-weight: 400; }
  .pill { display: inline-flex; align-items: center; gap: 4px; }
  .pill .icon { width: 14px; height: 14px; }
  .none { padding: 14px 16px; color: var(--_muted); }
  .foot { display: flex; align-items: center; justify-content: space-between; gap: 8px; min-height: 48px; padding: 2px 8px 2px 16px; border-top: 1px solid var(--_line); }
  @media (max-width: 360px) { [role='treeitem'] { --_step: 12px; } }
`;
