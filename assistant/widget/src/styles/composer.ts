import { css } from 'lit';

/** Where one types. */
export const composer = css`
  :host { display: block; flex: none; padding: 10px 12px 12px; background: var(--_raised); border-top: 1px solid var(--_line); }
  .box {
    display: flex; align-items: flex-end; gap: 4px; padding: 4px; background: var(--_surface);
    border: 1px solid var(--_control-line); border-radius: var(--_radius-m);
  }
  .box:focus-within { border-color: var(--_focus); box-shadow: 0 0 0 1px var(--_focus); }
  textarea {
    flex: 1; min-width: 0; min-height: 44px; max-height: 132px; padding: 10px 8px 10px 4px; border: 0; resize: none;
    background: none; line-height: 24px; field-sizing: content; overflow-y: auto;
  }
  textarea:focus-visible { outline: none; }
  textarea::placeholder { color: var(--_muted); opacity: 1; }
  .attach { cursor: pointer; flex: none; border-radius: var(--_radius-s); min-height: 44px; }
  .attach:hover { background: var(--_hover); color: var(--_ink); }
  .attach:has(:focus-visible) { outline: 2px solid var(--_focus); outline-offset: 2px; }
  .attach:has(:disabled) { cursor: default; opacity: 0.5; }
  .send { width: 44px; min-height: 44px; padding: 0; display: grid; place-items: center; flex: none; border-radius: var(--_radius-s); }
  .count { display: flex; justify-content: space-between; gap: 8px; padding: 6px 4px 0; }
  .replying { display: flex; align-items: center; gap: 6px; padding: 0 4px 4px 6px; font-size: 0.8125rem; color: var(--_person-ink); font-weight: 600; }
  .replying span { flex: 1; min-width: 0; }
`;
