/** Line icons of our own, drawn in the text's colour. */

import { svg, type SVGTemplateResult } from 'lit';

function icon(shape: SVGTemplateResult): SVGTemplateResult {
  return svg`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none"
    stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"
    aria-hidden="true" focusable="false">${shape}</svg>`;
}

export const icons = {
  mark: icon(svg`<path d="M4.5 6.5a3 3 0 0 1 3-3h9a3 3 0 0 1 3 3v6.8a3 3 0 0 1-3 3h-3.9L8 20.5v-4.2h-.5a3 3 0 0 1-3-3z"/><path d="m8.8 9.9 2.3 2.3 4.2-4.4"/>`),
  down: icon(svg`<path d="m6 9.5 6 6 6-6"/>`),
  close: icon(svg`<path d="m6.5 6.5 11 11m0-11-11 11"/>`),
  plus: icon(svg`<path d="M12 5.5v13M5.5 12h13"/>`),
  minus: icon(svg`<path d="M5.5 12h13"/>`),
  compose: icon(svg`<path d="M12.5 5H7a2.5 2.5 0 0 0-2.5 2.5v9.8a2.5 2.5 0 0 0 2.5 2.5h9.8a2.5 2.5 0 0 0 2.5-2.5V12"/><path d="m9.5 14.8.6-3 8-8a1.7 1.7 0 0 1 2.4 2.4l-8 8z"/>`),
  clock: icon(svg`<circle cx="12" cy="12" r="8"/><path d="M12 7.6V12l3 1.8"/>`),
  back: icon(svg`<path d="M18.5 12h-13m5.5-6-6 6 6 6"/>`),
  send: icon(svg`<path d="M12 19V5.5M6 11l6-6 6 6"/>`),
  check: icon(svg`<path d="m5.5 12.5 4.3 4.3 8.7-9.3"/>`),
  copy: icon(svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2.2"/><path d="M15.5 8.5V6.7a2.2 2.2 0 0 0-2.2-2.2H6.7a2.2 2.2 0 0 0-2.2 2.2v6.6a2.2 2.2 0 0 0 2.2 2.2h1.8"/>`),
  up: icon(svg`<path d="M7.5 10.8v8.7H5a1 1 0 0 1-1-1v-6.7a1 1 0 0 1 1-1zm0 0 3.7-6.6a1.9 1.9 0 0 1 2.6 1.7l-.3 3.4h4.4a2 2 0 0 1 2 2.3l-1 6.2a2 2 0 0 1-2 1.7H7.5"/>`),
  thumbDown: icon(svg`<path d="M16.5 13.2V4.5H19a1 1 0 0 1 1 1v6.7a1 1 0 0 1-1 1zm0 0-3.7 6.6a1.9 1.9 0 0 1-2.6-1.7l.3-3.4H6.1a2 2 0 0 1-2-2.3l1-6.2a2 2 0 0 1 2-1.7h9.4"/>`),
  file: icon(svg`<path d="M13.5 4H8a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V8.5zm0 0v4.5H18M12 17v-5m-2.2 2L12 11.8l2.2 2.2"/>`),
  retry: icon(svg`<path d="M18.8 12a6.8 6.8 0 1 1-2-4.8l2 2m0-4.4v4.4h-4.4"/>`),
  out: icon(svg`<path d="M10 6H7a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-3M14 5h5v5m0-5-8 8"/>`),
  article: icon(svg`<path d="M6 5.5A1.5 1.5 0 0 1 7.5 4h9A1.5 1.5 0 0 1 18 5.5v13a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 18.5zM9 8.5h6M9 12h6m-6 3.5h3.5"/>`),
  video: icon(svg`<rect x="4" y="5.5" width="16" height="13" rx="2.5"/><path d="m10.3 9.3 4.4 2.7-4.4 2.7z"/>`),
  calendar: icon(svg`<rect x="4.5" y="5.8" width="15" height="13.7" rx="2.2"/><path d="M4.5 10.2h15M8.5 3.8v3.4m7-3.4v3.4"/>`),
  reply: icon(svg`<path d="M9.5 6 4.5 11l5 5m-5-5H14a5.5 5.5 0 0 1 5.5 5.5V18"/>`),
  person: icon(svg`<circle cx="12" cy="8.3" r="3.8"/><path d="M4.8 19.5c.8-3.6 3.6-5.3 7.2-5.3s6.4 1.7 7.2 5.3"/>`),
  lock: icon(svg`<rect x="6" y="10.5" width="12" height="9" rx="2"/><path d="M8.8 10.5V8a3.2 3.2 0 0 1 6.4 0v2.5"/>`),
  download: icon(svg`<path d="M12 4.5v10m-4.5-4 4.5 4.5 4.5-4.5M5 19.5h14"/>`),
  clip: icon(svg`<path d="m19 11.5-7.2 7.2a4.4 4.4 0 0 1-6.2-6.2l7.6-7.6a3 3 0 0 1 4.2 4.2l-7.4 7.4a1.5 1.5 0 0 1-2.1-2.1l6.6-6.6"/>`),
  warning: icon(svg`<path d="M12 4.5 21 19.5H3z"/><path d="M12 10v4.2m0 2.4v.2"/>`),
  wide: icon(svg`<path d="M14 4.5h5.5V10M10 19.5H4.5V14M19.5 4.5 13.5 10.5M4.5 19.5l6-6"/>`),
  narrow: icon(svg`<path d="M19.5 9.5H14V4M4.5 14.5H10V20M14 9.5 19.5 4M10 14.5 4.5 20"/>`),
  search: icon(svg`<circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4 4"/>`),
} as const;
