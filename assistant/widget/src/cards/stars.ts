import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';
import type { Opine } from '../rating.ts';
import { base } from '../styles/base.ts';
import { messages } from '../styles/messages.ts';
import type { Opinion } from '../types.ts';
import { RATINGS, words } from '../words.ts';

const own = css`
  :host { display: block; width: min(100%, 560px); margin-top: 6px; text-align: start; }
  .card { width: 100%; margin: 0; }
  form { padding: 12px 16px 14px; display: grid; gap: 10px; }
  .scale { display: grid; grid-template-columns: repeat(5, 1fr); gap: 6px; }
  .scale label { position: relative; display: grid; justify-items: center; gap: 2px; min-height: 56px; padding: 8px 2px; border: 1px solid var(--_control-line); border-radius: var(--_radius-s); cursor: pointer; font-weight: 650; text-align: center; }
  .scale label span { font-size: 0.75rem; font-weight: 400; line-height: 1.2; color: var(--_muted); }
  .scale input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; margin: 0; cursor: pointer; }
  .scale label:hover { border-color: var(--_accent); }
  .scale label:has(:checked) { border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent); }
  .scale label:has(:checked) span { color: inherit; }
  .scale label:has(:focus-visible) { outline: 2px solid var(--_focus); outline-offset: 2px; }
  .kept { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 10px 16px; }
  .kept .icon { color: var(--_accent); }
`;

/** How the conversation went, 1 to 5, with a comment. Radio buttons, so that arrow keys choose. */
export class StarsCard extends LitElement {
  static override styles = [base, messages, own];
  static override properties = {
    opine: { attribute: false }, given: { attribute: false }, question: { attribute: false },
    chosen: { state: true }, changing: { state: true }, saving: { state: true }, note: { state: true },
  };

  declare opine: Opine;
  declare given: Opinion | null;
  /** What the card asks; empty where the message beside it asks already. */
  declare question: string;
  declare chosen: number | null;
  declare changing: boolean;
  declare saving: boolean;
  declare note: string;

  constructor() {
    super();
    this.given = null;
    this.question = '';
    this.chosen = null;
    this.changing = false;
    this.saving = false;
    this.note = '';
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.saving || this.chosen === null) return;
    const comment = String(new FormData(event.target as HTMLFormElement).get('comment') ?? '').trim();
    this.saving = true;
    this.note = '';
    try {
      await this.opine({ rating: this.chosen, ...(comment ? { comment } : {}) });
      this.changing = false;
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('.kept button')?.focus();
    } catch {
      this.note = words.ratingFailed;
    } finally {
      this.saving = false;
    }
  }

  async #change(): Promise<void> {
    this.chosen = this.given?.rating ?? null;
    this.changing = true;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('input:checked')?.focus();
  }

  #drawScale(): TemplateResult {
    const entries = Object.entries(RATINGS).map(([rating, label]) => [Number(rating), label] as const);
    return html`<div class="scale">${entries.map(([rating, label]) => html`<label><input type="radio" name="rating"
      value=${rating} .checked=${this.chosen === rating} @change=${() => { this.chosen = rating; }}>${rating}<span>${label}</span></label>`)}</div>`;
  }

  #drawForm(): TemplateResult {
    return html`<form @submit=${this.#send}>
      <fieldset><legend class=${this.question ? '' : 'sr-only'}>${this.question || words.howDidItGo}</legend>${this.#drawScale()}</fieldset>
      ${this.chosen === null ? nothing : html`<div class="comment"><label for="comment">${words.anythingElse} <span class="hint">${words.optional}</span></label>
        <textarea id="comment" name="comment" maxlength="1000" rows="2" .value=${this.given?.comment ?? ''}></textarea>
        <button type="submit" class="primary" ?disabled=${this.saving}>${words.sendRating}</button></div>`}
    </form>`;
  }

  override render(): TemplateResult {
    const rating = this.given?.rating;
    const settled = Boolean(rating) && !this.changing;
    return html`<div class="card" role="group" aria-label=${words.ratingCard}>
      ${settled ? html`<p class="kept">${icons.check}<span>${words.rated(rating!, RATINGS[rating!] ?? '')}</span>
        <button type="button" class="text-button" @click=${this.#change}>${words.changeRating}</button></p>` : this.#drawForm()}
      <p class="sr-only" role="status">${settled ? words.thanks : ''}</p>
      ${this.note ? html`<p class="note" role="alert">${this.note}</p>` : nothing}</div>`;
  }
}
