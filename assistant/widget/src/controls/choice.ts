import { html, nothing, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';
import type { Option } from '../types.ts';
import { words } from '../words.ts';
import { bound, Control } from './control.ts';

const MOST_CHIPS = 8;
// Chips hold a few words; longer titles read better below each other.
const LONGEST_CHIP = 34;

function matching(options: Option[], query: string): Option[] {
  const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
  return options.filter((option) => {
    const text = `${option.title} ${option.value}`.toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}

function searchField(changed: (query: string) => void): TemplateResult {
  const onInput = (event: Event): void => changed((event.target as HTMLInputElement).value);
  return html`<label class="search">${icons.search}<span class="sr-only">${words.search}</span>
    <input type="search" placeholder=${words.search} autocomplete="off" @input=${onInput}></label>`;
}

/** One of several: chips, or a list that can be searched when there are many. */
export class ChoiceControl extends Control {
  static override properties = { ...Control.properties, query: { state: true } };

  declare query: string;

  constructor() {
    super();
    this.query = '';
  }

  override render(): TemplateResult {
    const many = this.options.length > MOST_CHIPS;
    const long = this.options.some((option) => option.title.length > LONGEST_CHIP);
    const shown = many ? matching(this.options, this.query) : this.options;
    const style = many || long ? 'options list' : 'options chips';
    return html`
      ${many ? searchField((query) => { this.query = query; }) : nothing}
      <ul class=${style} role="list" aria-label=${words.question}>
        ${shown.map((option) => html`<li>
          <button type="button" class="option" @click=${() => this.choose(option)}>${option.title}</button>
        </li>`)}
      </ul>
      ${shown.length ? nothing : html`<p class="hint" role="status">${words.nothingFound}</p>`}`;
  }
}

/** Any of several, words of one's own included. */
export class ChoicesControl extends Control {
  static override properties = {
    ...Control.properties, query: { state: true }, chosen: { state: true },
  };

  declare query: string;
  declare chosen: string[];

  constructor() {
    super();
    this.query = '';
    this.chosen = [];
  }

  get #most(): number | null {
    return bound(this.ask.max);
  }

  get #full(): boolean {
    return this.#most !== null && this.chosen.length >= this.#most;
  }

  #toggle(value: string): void {
    this.chosen = this.chosen.includes(value)
      ? this.chosen.filter((other) => other !== value)
      : [...this.chosen, value];
  }

  #addOwn(event: SubmitEvent): void {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem('own') as HTMLInputElement;
    const own = input.value.split(',').map((part) => part.trim()).filter(Boolean);
    const room = this.#most === null ? own.length : this.#most - this.chosen.length;
    const fresh = own.filter((value) => !this.chosen.includes(value)).slice(0, Math.max(0, room));
    this.chosen = [...this.chosen, ...fresh];
    input.value = '';
  }

  /** Titles read well in the transcript; one with a comma in it would fall apart, so its value goes. */
  #send(): void {
    const titles = this.chosen.map((value) => {
      const title = this.options.find((option) => option.value === value)?.title ?? value;
      return title.includes(',') ? value : title;
    });
    this.answer({ text: titles.join(', ') });
  }

  #row(option: Option): TemplateResult {
    const checked = this.chosen.includes(option.value);
    return html`<li><label class="check">
      <input type="checkbox" .checked=${checked} ?disabled=${!checked && this.#full}
        @change=${() => this.#toggle(option.value)}>
      <span>${option.title}</span></label></li>`;
  }

  override render(): TemplateResult {
    const many = this.options.length > MOST_CHIPS;
    const own = this.chosen.filter((value) => !this.options.some((option) => option.value === value));
    const least = bound(this.ask.min) ?? 1;
    return html`
      ${many ? searchField((query) => { this.query = query; }) : nothing}
      ${this.options.length ? html`<ul class="options list" role="list" aria-label=${words.question}>
        ${matching(this.options, many ? this.query : '').map((option) => this.#row(option))}</ul>` : nothing}
      ${own.length ? html`<ul class="options chips" role="list">${own.map((value) => html`<li>
        <button type="button" class="option chosen" aria-label=${words.removeItem(value)}
          @click=${() => this.#toggle(value)}>${value} ${icons.close}</button></li>`)}</ul>` : nothing}
      <form class="row" @submit=${this.#addOwn}>
        <input name="own" type="text" aria-label=${words.addAnother} placeholder=${words.addAnother}
          autocomplete="off" ?disabled=${this.#full}>
        <button type="submit" class="plain" ?disabled=${this.#full}>${words.add}</button>
      </form>
      <div class="row end">
        <span class="hint" role="status">${words.chosen(this.chosen.length, this.#most)}</span>
        <button type="button" class="primary" ?disabled=${this.chosen.length < least}
          @click=${this.#send}>${words.useThese}</button>
      </div>`;
  }
}
