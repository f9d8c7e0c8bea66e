import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { drawSearch } from '../controls/longlist.ts';
import { matching } from '../listed.ts';
import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import { items } from '../styles/items.ts';
import type { Button, Mailbox } from '../types.ts';
import { words } from '../words.ts';

// More than one looks through: then there is a field that searches.
const MANY_ITEMS = 8;
const FIRST = 20;

/**
 * A card of things that are small cards themselves. Many can be searched, and of very many the
 * first are drawn. Fires `press` (detail: the button) when a button of an item is pressed.
 */
export abstract class ItemsCard<T> extends LitElement {
  static override styles = [base, controls, items];
  static override properties = {
    items: { attribute: false }, busy: { attribute: false }, query: { state: true }, all: { state: true },
  };

  declare items: T[];
  /** Whether something is being done already, so that buttons wait. */
  declare busy: boolean;
  declare query: string;
  declare all: boolean;

  constructor() {
    super();
    this.items = [];
    this.busy = false;
    this.query = '';
    this.all = false;
  }

  protected abstract readonly searchWords: string;
  protected abstract readonly noneWords: string;
  protected abstract textOf(item: T): string;
  protected abstract keyOf(item: T): string;
  protected abstract drawItem(item: T): TemplateResult;

  /** The items below each other; a card that groups them does it here. */
  protected drawList(shown: readonly T[]): TemplateResult {
    return html`<ul class="list" role="list">${repeat(shown, (item) => this.keyOf(item),
      (item) => html`<li>${this.drawItem(item)}</li>`)}</ul>`;
  }

  protected drawButtons(buttons: readonly Button[] | null | undefined, about: string): TemplateResult | typeof nothing {
    if (!buttons?.length) return nothing;
    const press = (button: Button): void => {
      this.dispatchEvent(new CustomEvent<Button>('press', { detail: button }));
    };
    return html`<div class="buttons" role="group" aria-label=${about}>${buttons.map((button, index) => html`<button
      type="button" class=${index ? 'plain' : 'plain first'} ?disabled=${this.busy}
      @click=${() => press(button)}>${button.title}<span class="sr-only">: ${about}</span></button>`)}</div>`;
  }

  override render(): TemplateResult {
    const found = matching(this.items, this.query, (item) => this.textOf(item));
    const shown = this.all ? found : found.slice(0, FIRST);
    return html`
      ${this.items.length > MANY_ITEMS ? html`<div class="filter">${drawSearch({
        query: this.query, label: this.searchWords, entered: () => undefined,
        changed: (query) => { this.query = query; },
      }, this.renderRoot)}<p class="hint" role="status">${
        this.query ? words.found(found.length, this.items.length) : nothing}</p></div>` : nothing}
      ${shown.length ? this.drawList(shown)
        : html`<p class="none">${this.items.length ? words.noRowMatches : this.noneWords}</p>`}
      ${shown.length < found.length ? html`<button type="button" class="text-button more"
        @click=${() => { this.all = true; }}>${words.showAll(found.length)}</button>` : nothing}`;
  }
}

/** A person by name and address: both, since names are not unique and addresses say little. */
export function drawMailbox({ name, email }: Mailbox): TemplateResult {
  return html`<span class="mailbox">${name ? html`<span class="who-name">${name}</span> ` : nothing}<a
    href=${`mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`}>${email}</a></span>`;
}
