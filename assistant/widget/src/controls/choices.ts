import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { LONGEST_MESSAGE } from '../composer.ts';
import { icons } from '../icons.ts';
import { itemsOf, listed, matching } from '../listed.ts';
import type { Option } from '../types.ts';
import { words } from '../words.ts';
import { bound, Control, textOf } from './control.ts';
import { drawSearch, MANY, moveInList } from './longlist.ts';

/** Any of several, words of one's own included; hundreds are searched. */
export class ChoicesControl extends Control {
  static override properties = {
    ...Control.properties, query: { state: true }, active: { state: true }, chosen: { state: true },
    only: { state: true }, refused: { state: true },
  };

  declare query: string;
  /** The option that Tab reaches; the others are reached from there. */
  declare active: string;
  declare chosen: readonly string[];
  /** Whether only what is chosen is shown. */
  declare only: boolean;
  /** How many could not be chosen just now, because there is no room left. */
  declare refused: number;

  constructor() {
    super();
    this.query = '';
    this.active = '';
    this.chosen = [];
    this.only = false;
    this.refused = 0;
  }

  get #most(): number | null {
    return bound(this.ask.max);
  }

  get #room(): number {
    return this.#most === null ? Infinity : Math.max(0, this.#most - this.chosen.length);
  }

  get #isLong(): boolean {
    return this.options.length >= MANY;
  }

  /** What the person added: it is listed with the options, so that it can be taken away again. */
  get #own(): Option[] {
    const known = new Set(this.options.map((option) => option.value));
    return this.chosen.filter((value) => !known.has(value)).map((value) => ({ value, title: value }));
  }

  get #shown(): Option[] {
    const all = [...this.#own, ...this.options];
    const wanted = this.only ? all.filter((option) => this.chosen.includes(option.value)) : all;
    return matching(wanted, this.query, textOf);
  }

  #titleOf(value: string): string {
    const title = this.options.find((option) => option.value === value)?.title ?? value;
    const isUnique = this.options.filter((option) => option.title === title).length < 2;
    return isUnique ? title : value;
  }

  /** Titles read well in the transcript; where two are the same, their values are sent. */
  get #text(): string {
    return listed(this.chosen.map((value) => this.#titleOf(value)));
  }

  #add(values: readonly string[]): void {
    const fresh = values.filter((value, index) => !this.chosen.includes(value) && values.indexOf(value) === index);
    const taken = fresh.slice(0, this.#room);
    this.refused = fresh.length - taken.length;
    this.chosen = [...this.chosen, ...taken];
  }

  #remove(values: readonly string[]): void {
    this.refused = 0;
    this.chosen = this.chosen.filter((value) => !values.includes(value));
    if (!this.chosen.length) this.only = false;
  }

  #toggle(event: Event, value: string): void {
    const box = event.target as HTMLInputElement;
    if (box.checked) this.#add([value]);
    else this.#remove([value]);
    // The browser has ticked it already.
    box.checked = this.chosen.includes(value);
  }

  /** Words of one's own; an option that they name is that option. */
  #addOwn(items: readonly string[]): void {
    const named = (item: string): string => this.options.find(({ title, value }) =>
      [title, value].some((name) => name.toLowerCase() === item.toLowerCase()))?.value ?? item;
    this.#add(items.map(named));
  }

  #submitOwn(event: SubmitEvent): void {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem('own') as HTMLInputElement;
    this.#addOwn(itemsOf(input.value));
    input.value = '';
  }

  #row(option: Option, reached: boolean): TemplateResult {
    const checked = this.chosen.includes(option.value);
    const full = !checked && !this.#room;
    return html`<li><label class="check ${full ? 'full' : ''}">
      <input type="checkbox" data-item .checked=${checked} tabindex=${reached ? nothing : '-1'}
        aria-disabled=${full ? 'true' : nothing} @change=${(event: Event) => this.#toggle(event, option.value)}
        @focus=${() => { if (this.#isLong) this.active = option.value; }}>
      <span>${option.title}</span></label></li>`;
  }

  #drawTools(shown: Option[]): TemplateResult {
    const values = shown.map(({ value }) => value);
    const left = values.filter((value) => !this.chosen.includes(value));
    const narrowed = this.query || this.only;
    return html`<div class="tools">
      <button type="button" class="text-button" ?disabled=${!left.length || !this.#room}
        @click=${() => this.#add(values)}>${narrowed ? words.selectShown(left.length) : words.selectAll}</button>
      <button type="button" class="text-button" ?disabled=${!this.chosen.length}
        @click=${() => this.#remove(narrowed ? values : this.chosen)}>${narrowed ? words.clearShown : words.clearAll}</button>
      <button type="button" class="text-button" aria-pressed=${this.only ? 'true' : 'false'}
        ?disabled=${!this.chosen.length && !this.only} @click=${() => { this.only = !this.only; }}>${words.onlyChosen}</button>
    </div>`;
  }

  #drawLong(): TemplateResult {
    const shown = this.#shown;
    const reached = shown.find((option) => option.value === this.active) ?? shown[0];
    const own = this.query.trim();
    const isNew = own && this.#room && !this.options.some(({ title }) => title.toLowerCase() === own.toLowerCase());
    const addOwn = (): void => {
      this.#addOwn([own]);
      this.query = '';
    };
    const entered = (): void => {
      if (shown.length === 1) this.#add([shown[0]!.value]);
      else if (!shown.length && isNew) addOwn();
    };
    return html`
      ${drawSearch({
        query: this.query, label: words.search, entered, changed: (query) => { this.query = query; },
      }, this.renderRoot)}
      ${this.#drawTools(shown)}
      <ul class="options list" role="list" aria-label=${words.question} aria-describedby="keys"
        @keydown=${(event: KeyboardEvent) => moveInList(event, this.renderRoot)}>
        ${repeat(shown, ({ value }) => value, (option) => this.#row(option, option === reached))}</ul>
      <p class="hint keys" id="keys">${words.listKeysTick}</p>
      ${shown.length ? nothing : html`<p class="hint">${words.noneMatches}</p>`}
      ${isNew ? html`<button type="button" class=${shown.length ? 'text-button' : 'plain add'} @click=${addOwn}>
        ${icons.plus} ${words.addNamed(own)}</button>` : nothing}`;
  }

  #drawShort(): TemplateResult {
    const own = this.#own;
    return html`
      ${this.options.length ? html`<ul class="options list" role="list" aria-label=${words.question}>
        ${this.options.map((option) => this.#row(option, true))}</ul>` : nothing}
      ${own.length ? html`<ul class="options chips" role="list">${own.map(({ value }) => html`<li>
        <button type="button" class="option chosen" aria-label=${words.removeItem(value)}
          @click=${() => this.#remove([value])}>${value} ${icons.close}</button></li>`)}</ul>` : nothing}
      <form class="row" @submit=${this.#submitOwn}>
        <input name="own" type="text" aria-label=${words.addAnother} placeholder=${words.addAnother}
          autocomplete="off" ?disabled=${!this.#room}>
        <button type="submit" class="plain" ?disabled=${!this.#room}>${words.add}</button>
      </form>`;
  }

  get #says(): string {
    const [count, most] = [this.chosen.length, this.#most];
    const told = [words.chosen(count, most)];
    if (this.#text.length > LONGEST_MESSAGE) told.push(words.tooManyToSend);
    else if (this.refused && most !== null) told.push(words.refusedMore(this.refused, most));
    else if (!this.#room && most !== null) told.push(words.full);
    return told.join('. ');
  }

  override render(): TemplateResult {
    const least = bound(this.ask.min) ?? 1;
    const sendable = this.chosen.length >= least && this.#text.length <= LONGEST_MESSAGE;
    return html`
      ${this.#isLong ? this.#drawLong() : this.#drawShort()}
      <div class="row end">
        <span class="hint ${this.refused ? 'stop' : ''}" role="status">${this.#says}</span>
        <button type="button" class="primary" ?disabled=${!sendable}
          @click=${() => this.answer({ text: this.#text })}>${words.useThese}</button>
      </div>`;
  }
}
