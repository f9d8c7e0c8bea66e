import { css } from 'lit';

/** Controls that answer a question. */
export const controls = css`
  :host { display: block; }
  .options { display: flex; gap: 8px; }
  .chips { flex-wrap: wrap; }
  .list { flex-direction: column; gap: 4px; max-height: 248px; overflow-y: auto; margin-inline: -4px; padding: 4px; }
  .option {
    border-color: var(--_accent-line); background: var(--_raised); color: var(--_accent);
    border-radius: 22px; text-align: start;
  }
  .option:hover { background: var(--_accent-soft); border-color: var(--_accent); }
  .option:active { transform: scale(0.98); }
  .option.chosen { display: inline-flex; align-items: center; gap: 6px; background: var(--_accent-soft); }
  .option.chosen .icon { width: 16px; height: 16px; }
  .list .option { width: 100%; border-radius: var(--_radius-s); font-weight: 500; color: var(--_ink); border-color: var(--_line); }
  .check {
    display: flex; align-items: center; gap: 10px; min-height: 44px; padding: 8px 12px; cursor: pointer;
    border: 1px solid var(--_line); border-radius: var(--_radius-s); background: var(--_raised); line-height: 1.3;
  }
  .check.full { color: var(--_muted); cursor: default; }
  .check:hover:not(.full) { border-color: var(--_accent); }
  .check:has(:checked) { border-color: var(--_accent); background: var(--_accent-soft); }
  .check:has(:focus-visible) { outline: 2px solid var(--_focus); outline-offset: 1px; }
  .check input { width: 20px; height: 20px; flex: none; margin: 0; accent-color: var(--_accent); outline: none; }
  input:not([type='checkbox'], [type='file']) {
    min-height: 44px; width: 100%; min-width: 0; padding: 8px 12px; background: var(--_raised);
    border: 1px solid var(--_control-line); border-radius: var(--_radius-s);
  }
  input[aria-invalid='true'] { border-color: var(--_danger); }
  ::placeholder { color: var(--_muted); opacity: 1; }
  .search { position: relative; display: block; margin-bottom: 8px; color: var(--_muted); }
  .search .icon { position: absolute; inset-inline-start: 12px; top: 12px; }
  .search input:not([type='checkbox'], [type='file']) { padding-inline-start: 40px; color: var(--_ink); }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 8px; }
  form.row:first-child, form > .row:first-child { margin-top: 0; }
  .row > input { flex: 1 1 160px; width: auto !important; }
  .tools { display: flex; flex-wrap: wrap; gap: 0 4px; margin: -2px 0 2px -10px; }
  .list .check:has(:focus-visible), .list .option:focus-visible { outline-offset: -1px; }
  .keys { display: none; margin-top: 4px; }
  .list:has(:focus-visible) + .keys { display: block; }
  .stop { color: var(--_danger); font-weight: 500; }
  .row.end { justify-content: space-between; }
  .row .primary { margin-inline-start: auto; }
  .window {
    display: grid; grid-template-columns: minmax(132px, 1.5fr) minmax(96px, 1fr) minmax(96px, 1fr); gap: 8px;
    position: relative; margin-bottom: 8px;
  }
  .window:has(.legend) { border: 1px solid var(--_line); border-radius: var(--_radius-s); padding: 8px 10px 10px; }
  .legend { float: inline-start; grid-column: 1 / -1; font-weight: 600; font-size: 0.8125rem; line-height: 36px; padding: 0; }
  .window .icon-button { position: absolute; top: 2px; inset-inline-end: 2px; }
  .field { display: grid; gap: 4px; font-size: 0.8125rem; color: var(--_muted); min-width: 0; }
  .field input { font-size: 1rem; color: var(--_ink); }
  .add { display: inline-flex; align-items: center; gap: 6px; border-color: transparent; background: none; color: var(--_accent); padding-inline: 8px; }
  @container (max-width: 460px) {
    .window { grid-template-columns: 1fr 1fr; }
    .field.date { grid-column: 1 / -1; }
  }
  .stepper { display: inline-flex; border: 1px solid var(--_control-line); border-radius: var(--_radius-s); background: var(--_raised); }
  .stepper input:not([type='checkbox'], [type='file']) {
    width: 64px; border: 0; text-align: center; font-weight: 600; background: none; padding: 0; appearance: textfield; border-radius: 0;
  }
  .stepper input::-webkit-inner-spin-button { appearance: none; }
  .drop {
    display: flex; align-items: center; justify-content: center; gap: 10px; min-height: 88px; padding: 16px;
    border: 1.5px dashed var(--_control-line); border-radius: var(--_radius-m); background: var(--_raised);
    color: var(--_muted); cursor: pointer; text-align: center;
  }
  .drop .hint { display: block; }
  .drop strong { font-weight: 600; color: var(--_ink); }
  .drop.busy { opacity: 0.6; cursor: default; }
  .drop:hover:not(.busy) { border-color: var(--_accent); background: var(--_accent-soft); color: var(--_ink); }
  .drop:has(:focus-visible) { outline: 2px solid var(--_focus); outline-offset: 2px; }
`;
