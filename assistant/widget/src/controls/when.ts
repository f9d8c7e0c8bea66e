import { html, nothing, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';
import {
  EMPTY_WINDOW, hourLater, isBackwards, isComplete, today, type Window, windowText,
} from '../when.ts';
import { words } from '../words.ts';
import { bound, Control } from './control.ts';

const MOST_WINDOWS = 3;

function day(limit: number | string | null | undefined): string | null {
  return typeof limit === 'string' && /^\d{4}-\d\d-\d\d/.test(limit) ? limit.slice(0, 10) : null;
}

/** A day, or up to three windows of time, in the time zone of the person's profile. */
export class WhenControl extends Control {
  static override properties = {
    ...Control.properties, zone: { attribute: false }, windows: { state: true }, problem: { state: true },
  };

  declare zone: string | null;
  declare windows: Window[];
  declare problem: string;

  constructor() {
    super();
    this.zone = null;
    this.windows = [EMPTY_WINDOW];
    this.problem = '';
  }

  get #most(): number {
    return Math.min(bound(this.ask.max) ?? MOST_WINDOWS, MOST_WINDOWS);
  }

  #change(index: number, changes: Partial<Window>): void {
    const before = this.windows[index]!;
    const after = { ...before, ...changes };
    const untouched = !before.to || before.to === hourLater(before.from);
    if (changes.from && untouched) after.to = hourLater(changes.from);
    this.windows = this.windows.with(index, after);
    this.problem = '';
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const dateOnly = this.ask.kind === 'date';
    if (dateOnly ? !this.windows[0]!.date : !this.windows.every(isComplete)) {
      this.problem = words.windowIncomplete;
    } else if (!dateOnly && this.windows.some(isBackwards)) {
      this.problem = words.windowBackwards;
    } else {
      this.answer({ text: dateOnly ? this.windows[0]!.date : this.windows.map(windowText).join(', ') });
      return;
    }
    this.renderRoot.querySelector<HTMLInputElement>('input:invalid, input')?.focus();
  }

  #input(index: number, part: keyof Window, label: string): TemplateResult {
    const isDate = part === 'date';
    const change = (event: Event): void =>
      this.#change(index, { [part]: (event.target as HTMLInputElement).value });
    return html`<label class="field ${part}"><span>${label}</span>
      <input type=${isDate ? 'date' : 'time'} .value=${this.windows[index]![part]}
        min=${(isDate && (day(this.ask.min) ?? today(this.zone))) || nothing}
        max=${(isDate && day(this.ask.max)) || nothing} step=${isDate ? nothing : 300}
        aria-describedby=${this.problem ? 'problem' : nothing} @change=${change}></label>`;
  }

  #window(index: number): TemplateResult {
    const several = this.windows.length > 1;
    return html`<fieldset class="window">
      <legend class=${several ? 'legend' : 'sr-only'}>${words.window(index + 1)}</legend>
      ${this.#input(index, 'date', words.date)}
      ${this.#input(index, 'from', words.from)}
      ${this.#input(index, 'to', words.to)}
      ${several ? html`<button type="button" class="icon-button" aria-label=${words.removeWindow(index + 1)}
        @click=${() => { this.windows = this.windows.toSpliced(index, 1); }}>${icons.close}</button>` : nothing}
    </fieldset>`;
  }

  override render(): TemplateResult {
    const dateOnly = this.ask.kind === 'date';
    const room = !dateOnly && this.windows.length < this.#most;
    return html`<form novalidate @submit=${this.#submit}>
      ${dateOnly ? this.#input(0, 'date', words.date) : this.windows.map((_, index) => this.#window(index))}
      ${room ? html`<button type="button" class="plain add" @click=${() => {
        this.windows = [...this.windows, EMPTY_WINDOW];
      }}>${icons.plus} ${words.addWindow}</button>` : nothing}
      <p id="problem" class="problem" role="alert">${this.problem}</p>
      <div class="row end">
        <span class="hint">${dateOnly || !this.zone ? nothing : words.zone(this.zone)}</span>
        <button type="submit" class="primary">${words.useThis}</button>
      </div>
    </form>`;
  }
}
