import { css } from 'lit';

/** What every part shares. The variables that start with `--_` are set once, on the host. */
export const base = css`
  *, *::before, *::after { box-sizing: border-box; }
  button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
  button { cursor: pointer; }
  button:disabled { cursor: default; }
  ul, ol, dl, dd, p, h2, h3, fieldset { margin: 0; padding: 0; border: 0; }
  ul[role='list'], ol[role='list'] { list-style: none; }
  a { color: var(--_accent); text-underline-offset: 0.15em; }
  .icon { display: block; flex: none; }
  .sr-only {
    position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap; border: 0;
  }
  :focus-visible { outline: 2px solid var(--_focus); outline-offset: 2px; }
  .primary, .plain, .option, .icon-button {
    min-height: 44px; border-radius: var(--_radius-s); border: 1px solid transparent;
    padding: 0.5em 1em; font-weight: 600; line-height: 1.25; background: none;
    transition: background-color 120ms, border-color 120ms, transform 120ms;
  }
  .primary { background: var(--_accent); color: var(--_on-accent); }
  .primary:hover:not(:disabled) { background: var(--_accent-strong); }
  .plain { border-color: var(--_control-line); background: var(--_raised); }
  .plain:hover:not(:disabled) { border-color: var(--_accent); color: var(--_accent); }
  .quiet { border-color: transparent; background: none; color: var(--_muted); }
  .primary:disabled, .plain:disabled { background: var(--_sunken); color: var(--_muted); border-color: var(--_line); }
  .icon-button { display: inline-grid; place-items: center; width: 44px; padding: 0; color: var(--_muted); }
  .icon-button:hover:not(:disabled) { background: var(--_hover); color: var(--_ink); }
  .text-button { min-height: 44px; padding: 0 10px; border: 0; background: none; color: var(--_accent); font-weight: 600; font-size: 0.8125rem; display: inline-flex; align-items: center; gap: 4px; border-radius: var(--_radius-s); }
  .text-button:hover { text-decoration: underline; text-underline-offset: 0.2em; }
  .text-button .icon { width: 16px; height: 16px; }
  .text-button:disabled { color: var(--_muted); text-decoration: none; opacity: 0.75; }
  .text-button[aria-pressed='true'] { background: var(--_accent-soft); }
  .pill { flex: none; font-size: 0.75rem; font-weight: 600; line-height: 22px; padding: 0 9px; border-radius: 11px; background: var(--_sunken); color: var(--_muted); white-space: nowrap; }
  .pill.live { background: var(--_accent-soft); color: var(--_accent); }
  .pill.warn { background: var(--_person); color: var(--_person-ink); }
  .hint { color: var(--_muted); font-size: 0.8125rem; }
  .problem { color: var(--_danger); font-size: 0.8125rem; font-weight: 500; }
  .problem:empty { display: none; }
  @media (forced-colors: active) {
    .primary, .option, .plain, .icon-button { border-color: ButtonText; }
    .primary { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { transition: none !important; animation: none !important; }
  }
`;
