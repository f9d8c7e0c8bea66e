import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { messages } from './styles/messages.ts';
import { words } from './words.ts';

type Thumb = 'up' | 'down';
export type Rate = (thumb: Thumb, comment?: string) => Promise<void>;

/** Thumbs for an answer, and after thumbs down the chance to say what was missing. */
export class Rating extends LitElement {
  static override styles = [base, messages, css`:host { display: contents; }`];
  static override properties = {
    rate: { attribute: false }, thumb: { state: true }, asking: { state: true }, note: { state: true },
  };

  declare rate: Rate;
  declare thumb: Thumb | null;
  declare asking: boolean;
  declare note: string;

  constructor() {
    super();
    this.thumb = null;
    this.asking = false;
    this.note = '';
  }

  async #give(thumb: Thumb, comment?: string): Promise<void> {
    const before = this.thumb;
    this.thumb = thumb;
    this.asking = thumb === 'down' && comment === undefined;
    this.note = '';
    try {
      await this.rate(thumb, comment);
      if (!this.asking) this.note = words.thanks;
    } catch {
      this.thumb = before;
      this.asking = false;
      this.note = words.ratingFailed;
    }
  }

  #comment(event: SubmitEvent): void {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem('comment') as HTMLTextAreaElement;
    const comment = field.value.trim();
    if (comment) void this.#give('down', comment);
    else this.asking = false;
  }

  #button(thumb: Thumb): TemplateResult {
    const [label, icon] = thumb === 'up' ? [words.helpful, icons.up] : [words.unhelpful, icons.thumbDown];
    return html`<button type="button" class="thumb" title=${label} aria-label=${label}
      aria-pressed=${this.thumb === thumb ? 'true' : 'false'} @click=${() => this.#give(thumb)}>${icon}</button>`;
  }

  override render(): TemplateResult {
    return html`<span class="thumbs">${this.#button('up')}${this.#button('down')}</span>
      ${this.asking ? html`<form class="comment" @submit=${this.#comment}>
        <label for="comment">${words.whatWasMissing} <span class="hint">${words.optional}</span></label>
        <textarea id="comment" name="comment" maxlength="1000" rows="2"></textarea>
        <button type="submit" class="plain">${words.sendComment}</button></form>` : nothing}
      <span class="hint" role="status">${this.note}</span>`;
  }
}
