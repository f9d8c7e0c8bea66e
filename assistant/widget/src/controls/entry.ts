import { html, nothing, type TemplateResult } from 'lit';

import { LARGEST_FILE, sizeWords } from '../files.ts';
import { icons } from '../icons.ts';
import { words } from '../words.ts';
import { bound, Control } from './control.ts';

// Looks like an address; whether it is one the server decides.
const EMAIL = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]{2,}$/;

/** A number with a stepper. */
export class NumberControl extends Control {
  static override properties = { ...Control.properties, value: { state: true } };

  declare value: string;

  constructor() {
    super();
    this.value = '';
  }

  get #range(): string {
    const [least, most] = [bound(this.ask.min), bound(this.ask.max)];
    if (least !== null && most !== null) return words.between(String(least), String(most));
    if (least !== null) return words.atLeast(String(least));
    return most !== null ? words.atMost(String(most)) : '';
  }

  get #fits(): boolean {
    const number = bound(this.value);
    if (number === null) return false;
    return number >= (bound(this.ask.min) ?? -Infinity) && number <= (bound(this.ask.max) ?? Infinity);
  }

  #step(by: number): void {
    const start = bound(this.value) ?? (bound(this.ask.min) ?? 1) - (by > 0 ? by : 0);
    const wanted = start + by;
    this.value = String(Math.min(Math.max(wanted, bound(this.ask.min) ?? wanted), bound(this.ask.max) ?? wanted));
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.#fits) this.answer({ text: this.value });
  }

  override render(): TemplateResult {
    const onInput = (event: Event): void => { this.value = (event.target as HTMLInputElement).value; };
    return html`<form class="row" novalidate @submit=${this.#submit}>
      <span class="stepper">
        <button type="button" class="icon-button" aria-label=${words.fewer} @click=${() => this.#step(-1)}>${icons.minus}</button>
        <input type="number" inputmode="numeric" aria-label=${words.number} aria-describedby="range"
          min=${bound(this.ask.min) ?? nothing} max=${bound(this.ask.max) ?? nothing}
          .value=${this.value} @input=${onInput}>
        <button type="button" class="icon-button" aria-label=${words.more} @click=${() => this.#step(1)}>${icons.plus}</button>
      </span>
      <span class="hint" id="range">${this.#range}</span>
      <button type="submit" class="primary" ?disabled=${!this.#fits}>${words.useThis}</button>
    </form>`;
  }
}

/** One or several e-mail addresses, looked at before they are sent. */
export class EmailControl extends Control {
  static override properties = { ...Control.properties, problem: { state: true } };

  declare problem: string;

  constructor() {
    super();
    this.problem = '';
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem('email') as HTMLInputElement;
    const addresses = input.value.split(/[\s,;]+/).filter(Boolean);
    if (addresses.length && addresses.every((address) => EMAIL.test(address))) {
      this.answer({ text: addresses.join(', ') });
      return;
    }
    this.problem = words.emailWrong;
    input.focus();
  }

  override render(): TemplateResult {
    return html`<form novalidate @submit=${this.#submit}>
      <div class="row">
        <input name="email" type="email" multiple inputmode="email" autocomplete="email"
          placeholder="name@company.example" aria-label=${words.email} aria-describedby="problem"
          aria-invalid=${this.problem ? 'true' : 'false'}>
        <button type="submit" class="primary">${words.useThis}</button>
      </div>
      <p id="problem" class="problem" role="alert">${this.problem}</p>
    </form>`;
  }
}

/** Yes or no: our own words unless the assistant offers others. */
export class ConfirmControl extends Control {
  override render(): TemplateResult {
    const options = this.options.length
      ? this.options
      : [{ value: 'yes', title: words.yes }, { value: 'no', title: words.no }];
    return html`<ul class="options chips" role="list" aria-label=${words.question}>
      ${options.map((option) => html`<li><button type="button" class="option"
        @click=${() => this.choose(option)}>${option.title}</button></li>`)}
    </ul>`;
  }
}

/** A file, chosen or dropped (the whole panel takes drops). Fires `file` with it. */
export class FileControl extends Control {
  static override properties = { ...Control.properties, busy: { attribute: false } };

  declare busy: boolean;

  constructor() {
    super();
    this.busy = false;
  }

  override render(): TemplateResult {
    const accept = this.ask.accept ?? [];
    const onChange = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      const [file] = input.files ?? [];
      if (file) this.dispatchEvent(new CustomEvent<File>('file', { detail: file }));
      input.value = '';
    };
    return html`<label class="drop ${this.busy ? 'busy' : ''}">
        ${icons.file}<span><strong>${accept.length ? words.dropOneOf(accept.join(', ')) : words.dropFile}</strong>
        <span class="hint">${accept.length ? words.atMost(sizeWords(bound(this.ask.max) ?? LARGEST_FILE)) : words.fileKinds(sizeWords(LARGEST_FILE))}</span></span>
        <input type="file" class="sr-only" accept=${accept.join(',') || nothing} ?disabled=${this.busy} @change=${onChange}>
      </label>`;
  }
}
