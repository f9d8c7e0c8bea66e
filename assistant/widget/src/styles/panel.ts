import { css } from 'lit';

/** The host, its colours, the launcher and the panel's frame. */
export const panel = css`
  :host {
    color-scheme: light dark;
    --_accent: var(--ask-accent, light-dark(#0b5f56, #7ad3be));
    --_accent-strong: color-mix(in oklab, var(--_accent), light-dark(#000, #fff) 16%);
    --_accent-soft: color-mix(in oklab, var(--_accent) 10%, var(--_raised));
    --_accent-line: color-mix(in oklab, var(--_accent) 45%, var(--_raised));
    --_on-accent: var(--ask-on-accent, light-dark(#ffffff, #06211c));
    --_surface: var(--ask-surface, light-dark(#fbf9f4, #111918));
    --_raised: var(--ask-raised, light-dark(#ffffff, #1a2423));
    --_sunken: light-dark(#efece3, #0b1211);
    --_hover: light-dark(#eeeae0, #22302e);
    --_ink: var(--ask-ink, light-dark(#17221f, #e7efed));
    --_muted: var(--ask-muted, light-dark(#55605d, #a2b2ae));
    --_line: light-dark(#e1dccf, #2b3937);
    --_control-line: light-dark(#868f8b, #697a76);
    --_focus: var(--ask-focus, light-dark(#0b5f56, #9fe9d7));
    --_danger: light-dark(#a1251c, #ffa79d);
    --_danger-soft: light-dark(#fdf0ee, #33201e);
    --_person: light-dark(#fdf1de, #2d2617);
    --_person-line: light-dark(#e5c48d, #6b5731);
    --_person-ink: light-dark(#7a4b06, #f3c877);
    --_radius-s: var(--ask-radius, 10px);
    --_radius-m: calc(var(--_radius-s) * 1.4);
    --_radius-l: calc(var(--_radius-s) * 1.9);
    --_shadow: light-dark(0 18px 50px rgb(23 34 31 / 0.2), 0 18px 50px rgb(0 0 0 / 0.55));
    position: fixed; z-index: var(--ask-z, 2147483000);
    inset-block-end: var(--ask-inset, 20px); inset-inline-end: var(--ask-inset, 20px);
    font: 400 1rem/1.5 var(--ask-font, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
    color: var(--_ink); text-align: start; letter-spacing: normal;
  }
  :host([theme='light']) { color-scheme: light; }
  :host([theme='dark']) { color-scheme: dark; }
  :host([hidden]) { display: none; }

  .launcher {
    display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 22px 0 18px; border: 0;
    border-radius: 28px; background: var(--_accent); color: var(--_on-accent); font-weight: 600;
    box-shadow: light-dark(0 8px 24px rgb(11 60 54 / 0.32), 0 8px 24px rgb(0 0 0 / 0.5)); position: relative;
    transition: transform 160ms, background-color 160ms;
  }
  .launcher[hidden] { display: none; }
  .launcher:hover { background: var(--_accent-strong); transform: translateY(-1px); }
  .launcher:focus-visible { outline-offset: 3px; }
  .launcher .icon { width: 24px; height: 24px; }
  .badge {
    position: absolute; top: -6px; inset-inline-end: -4px; min-width: 24px; height: 24px; padding: 0 7px;
    border-radius: 12px; background: light-dark(#a1251c, #ffa79d); color: light-dark(#fff, #3a0d08);
    font-size: 0.8125rem; font-weight: 700; line-height: 24px; text-align: center;
    border: 2px solid light-dark(#fff, #111918); box-sizing: content-box;
  }
  @media (forced-colors: active) { .launcher, dialog { border: 1px solid CanvasText; } }

  dialog {
    position: fixed; inset: auto; margin: 0; padding: 0; border: 1px solid var(--_line); color: inherit;
    inset-block-end: var(--ask-inset, 20px); inset-inline-end: var(--ask-inset, 20px);
    width: min(420px, calc(100vw - 40px)); height: min(700px, calc(100dvh - 40px));
    max-width: none; max-height: none; border-radius: var(--_radius-l); background: var(--_surface);
    box-shadow: var(--_shadow); overflow: hidden;
  }
  dialog[open] { display: flex; flex-direction: column; animation: rise 180ms ease-out; }
  dialog:focus { outline: none; }
  dialog::backdrop { background: var(--_surface); }
  @keyframes rise { from { transform: translateY(10px); opacity: 0; } }
  dialog:modal { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }

  :host([wide]) dialog:not(:modal) { width: min(900px, calc(100vw - 40px)); height: calc(100dvh - 40px); }
  :host([wide]) .card:has(ask-licensing-table), :host([wide]) ask-licensing-proposal { width: 100%; }

  .dropping {
    position: absolute; inset: 8px; z-index: 3; display: grid; place-content: center; justify-items: center; gap: 8px; padding: 24px;
    border: 2px dashed var(--_accent); border-radius: var(--_radius-m); background: color-mix(in oklab, var(--_surface) 92%, transparent);
    text-align: center; pointer-events: none;
  }
  .dropping .icon { width: 36px; height: 36px; color: var(--_accent); }
  .dropping span { color: var(--_muted); font-size: 0.875rem; }
  .upload {
    display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; flex: none; padding: 6px 8px 6px 16px; min-height: 56px;
    background: var(--_raised); border-top: 1px solid var(--_line); font-size: 0.875rem;
  }
  .upload > .icon { color: var(--_accent); }
  .upload .name { flex: 1 1 96px; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .upload .problem { flex: 1 1 200px; }
  .upload .row { display: flex; margin-inline-start: auto; }
  progress { width: 88px; height: 8px; accent-color: var(--_accent); }

  .header {
    display: flex; align-items: center; gap: 4px; padding: 10px 8px 10px 16px;
    background: var(--_raised); border-bottom: 1px solid var(--_line); flex: none;
  }
  .seal {
    display: grid; place-items: center; width: 40px; height: 40px; flex: none; margin-inline-end: 8px;
    border-radius: 12px; background: var(--_accent); color: var(--_on-accent);
  }
  .seal .icon { width: 24px; height: 24px; }
  .title { flex: 1; min-width: 0; }
  h2 { font-size: 1rem; font-weight: 650; line-height: 1.3; }
  .subtitle { font-size: 0.8125rem; color: var(--_muted); line-height: 1.3; }
  .bar {
    display: flex; align-items: center; gap: 8px; padding: 8px 16px; font-size: 0.875rem; line-height: 1.35; flex: none;
    background: var(--_person); color: var(--_person-ink); border-bottom: 1px solid var(--_person-line);
  }
  .bar.calm { background: var(--_accent-soft); color: var(--_accent); border-color: var(--_line); }
  .bar .icon { width: 16px; height: 16px; flex: none; }
  .queue-words { display: flex; flex-wrap: wrap; gap: 0 6px; flex: 1; min-width: 0; }
  .queue .text-button { flex: none; color: inherit; }

  .scroller { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; container-type: inline-size; }
  .scroller:focus-visible { outline-offset: -3px; }
  .later { position: relative; height: 0; display: flex; justify-content: center; z-index: 1; }
  .later button { position: absolute; bottom: 8px; display: flex; align-items: center; gap: 6px; border-radius: 22px; background: var(--_raised); box-shadow: var(--_shadow); }

  .notice { display: grid; gap: 8px; justify-items: start; padding: 20px; border: 1px solid var(--_line); border-radius: var(--_radius-m); background: var(--_raised); }
  .notice h3 { font-size: 1rem; font-weight: 650; }
  .notice p { color: var(--_muted); font-size: 0.9375rem; }

  .past { display: grid; gap: 6px; }
  .past button {
    width: 100%; min-height: 56px; padding: 10px 14px; text-align: start; border: 1px solid var(--_line);
    border-radius: var(--_radius-s); background: var(--_raised); display: grid; gap: 2px;
  }
  .past button:hover, .past [aria-current='true'] { border-color: var(--_accent); background: var(--_accent-soft); }
  .past strong { font-weight: 600; }
  .past .begin { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 0.9375rem; }
  .past li, .past button { min-width: 0; }
`;
