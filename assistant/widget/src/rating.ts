import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { messages } from './styles/messages.ts';
import type { Opinion } from './types.ts';
import { REASONS, words } from './words.ts';

type Thumb = 'up' | 'down';
/** Keep this opinion, or take the former one back when it is null. */
export type Opine = (opinion: Opinion | null) => Promise<void>;

/**
 * Thumbs for an answer. The same thumb again takes it back; after thumbs down there is a chance to
 * say what was wrong.
 */
export class Rating extends LitElement {
  static override styles = [base, messages, css`:host { display: contents; }`];
  static override properties = {
    opine: { attribute: false }, given: { attribute: false },
    underWay: { state: true }, asking: { state: true }, note: { state: true },
  };

  declare opine: Opine;
  /** What was said of this answer before. */
  declare given: Opinion | null;
  /** The thumb that is being saved; shown at once. */
  declare underWay: Thumb | 'none' | null;
  declare asking: boolean;
  declare note: string;

  constructor() {
    super();
    this.given = null;
    this.underWay = null;
    this.asking = false;
    this.note = '';
  }

  get #thumb(): Thumb | null {
    if (this.underWay) return this.underWay === 'none' ? null : this.underWay;
    return this.given?.thumb ?? null;
  }

  async #save(thumb: Thumb | 'none', opinion: Opinion | null, note: string): Promise<boolean> {
    if (this.underWay) return false;
    this.underWay = thumb;
    this.note = '';
    try {
      await this.opine(opinion);
      this.note = note;
      return true;
    } catch {
      this.note = words.ratingFailed;
      return false;
    } finally {
      this.underWay = null;
    }
  }

  async #press(thumb: Thumb): Promise<void> {
    if (this.#thumb === thumb) {
      this.asking = false;
      await this.#save('none', null, words.takenBack);
      return;
    }
    const saved = await this.#save(thumb, { thumb }, thumb === 'up' ? words.thanks : '');
    this.asking = saved && thumb === 'down';
  }

  async #explain(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const told = new FormData(event.target as HTMLFormElement);
    const reasons = told.getAll('reason').map(String);
    const comment = String(told.get('comment') ?? '').trim();
    if (!reasons.length && !comment) {
      this.asking = false;
      return;
    }
    const saved = await this.#save('down', { thumb: 'down', reasons, ...(comment ? { comment } : {}) }, words.thanks);
    if (!saved) return;
    this.asking = false;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  }

  #button(thumb: Thumb): TemplateResult {
    const [label, icon] = thumb === 'up' ? [words.helpful, icons.up] : [words.unhelpful, icons.thumbDown];
    const pressed = this.#thumb === thumb;
    return html`<button type="button" class="thumb" title=${pressed ? words.takeBack(label) : label} aria-label=${label}
      aria-pressed=${pressed ? 'true' : 'false'} @click=${() => this.#press(thumb)}>${icon}</button>`;
  }

  #drawForm(): TemplateResult {
    const known = new Set(this.given?.reasons ?? []);
    return html`<form class="comment" @submit=${this.#explain}>
      <fieldset><legend>${words.whatWasWrong} <span class="hint">${words.optional}</span></legend>
        <div class="reasons">${Object.entries(REASONS).map(([code, label]) => html`<label class="reason"><input
          type="checkbox" name="reason" value=${code} ?checked=${known.has(code)}>${label}</label>`)}</div></fieldset>
      <label for="comment">${words.whatWasMissing} <span class="hint">${words.optional}</span></label>
      <textarea id="comment" name="comment" maxlength="1000" rows="2"></textarea>
      <div class="row"><button type="button" class="text-button" @click=${() => { this.asking = false; }}>${words.noThanks}</button>
        <button type="submit" class="plain">${words.sendComment}</button></div></form>`;
  }

  override render(): TemplateResult {
    return html`<span class="thumbs">${this.#button('up')}${this.#button('down')}</span>
      ${this.asking ? this.#drawForm() : nothing}
      <span class="hint" role="status">${this.note}</span>`;
  }
}
