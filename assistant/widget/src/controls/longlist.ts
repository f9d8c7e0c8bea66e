/** What lists too long to be looked through share: a field that searches, one stop of the Tab key. */

import { html, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';

/** From how many options on a list is searched instead of looked through. */
export const MANY = 9;

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => Math.min(at + 1, count - 1),
  ArrowUp: (at) => Math.max(at - 1, 0),
  PageDown: (at, count) => Math.min(at + 6, count - 1),
  PageUp: (at) => Math.max(at - 6, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Whether a key types something, so that it belongs into the search field. */
function types(event: KeyboardEvent): boolean {
  return event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** Move in a list with the keys for that; letters go on in the field above. */
export function moveInList(event: KeyboardEvent, root: ParentNode): void {
  const items = [...root.querySelectorAll<HTMLElement>('[data-item]')];
  const at = items.indexOf(event.target as HTMLElement);
  const move = MOVES[event.key];
  if (at >= 0 && move) {
    event.preventDefault();
    items[move(at, items.length)]?.focus();
  } else if (at >= 0 && types(event)) {
    root.querySelector<HTMLInputElement>('input[type=search]')?.focus();
  }
}

export interface Search {
  query: string;
  /** Describes the list to those who don't see it. */
  label: string;
  changed(query: string): void;
  /** Enter was pressed in the field. */
  entered(): void;
}

export function drawSearch(search: Search, root: ParentNode): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      root.querySelector<HTMLElement>('[data-item]')?.focus();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      search.entered();
    } else if (event.key === 'Escape' && search.query) {
      // It empties the field; the next one closes the panel.
      event.preventDefault();
      search.changed('');
    }
  };
  return html`<label class="search">${icons.search}<span class="sr-only">${search.label}</span>
    <input type="search" placeholder=${search.label} autocomplete="off" enterkeyhint="search" .value=${search.query}
      @keydown=${onKey} @input=${(event: Event) => search.changed((event.target as HTMLInputElement).value)}></label>`;
}
