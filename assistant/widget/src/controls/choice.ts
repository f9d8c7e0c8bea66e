import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { matching } from '../listed.ts';
import type { Option } from '../types.ts';
import { words } from '../words.ts';
import { Control, textOf } from './control.ts';
import { drawSearch, MANY, moveInList } from './longlist.ts';

// Chips hold a few words; longer titles read better below each other.
const LONGEST_CHIP = 34;

/** One of several: chips, or a list that is searched when there are many. */
export class ChoiceControl extends Control {
  static override properties = { ...Control.properties, query: { state: true }, active: { state: true } };

  declare query: string;
  /** The option that Tab reaches; the others are reached from there. */
  declare active: string;

  constructor() {
    super();
    this.query = '';
    this.active = '';
  }

  get #isLong(): boolean {
    return this.options.length >= MANY;
  }

  #option(option: Option, reached: boolean): TemplateResult {
    return html`<li><button type="button" class="option" data-item tabindex=${reached ? nothing : '-1'}
      @focus=${() => { if (this.#isLong) this.active = option.value; }}
      @click=${() => this.choose(option)}>${option.title}</button></li>`;
  }

  #drawLong(): TemplateResult {
    const shown = matching(this.options, this.query, textOf);
    const reached = shown.find((option) => option.value === this.active) ?? shown[0];
    const only = this.query && shown.length === 1 ? shown[0] : null;
    return html`
      ${drawSearch({
        query: this.query,
        label: words.search,
        changed: (query) => { this.query = query; },
        entered: () => { if (only) this.choose(only); },
      }, this.renderRoot)}
      <ul class="options list" role="list" aria-label=${words.question} aria-describedby="keys"
        @keydown=${(event: KeyboardEvent) => moveInList(event, this.renderRoot)}>
        ${repeat(shown, ({ value }) => value, (option) => this.#option(option, option === reached))}</ul>
      <p class="hint keys" id="keys">${words.listKeys}</p>
      <p class="hint" role="status">${only ? words.enterChooses(only.title)
        : shown.length ? words.shown(shown.length, this.options.length) : words.nothingFound}</p>`;
  }

  override render(): TemplateResult {
    if (this.#isLong) return this.#drawLong();
    const long = this.options.some((option) => option.title.length > LONGEST_CHIP);
    return html`<ul class=${long ? 'options list' : 'options chips'} role="list" aria-label=${words.question}>
      ${this.options.map((option) => this.#option(option, true))}</ul>`;
  }
}
