import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { filesOf, LARGEST_FILE, sizeWords } from './files.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { composer } from './styles/composer.ts';
import { words } from './words.ts';

/** Longest message the assistant takes, in characters. */
export const LONGEST_MESSAGE = 4000;
const NEAR = 400;

/** Where one types. Fires `say` with the text, `types` while one does, `files` with what was
 *  chosen or pasted, `stop-replying`. */
export class Composer extends LitElement {
  static override styles = [base, composer];
  static override properties = {
    draft: { state: true },
    asked: { type: Boolean },
    sending: { attribute: false },
    replyingTo: { attribute: false },
  };

  declare draft: string;
  /** Whether a question is open: then the placeholder says that typing answers it too. */
  declare asked: boolean;
  /** Whether a file is on its way: one at a time. */
  declare sending: boolean;
  /** Whom a reply goes to, or empty. */
  declare replyingTo: string;

  constructor() {
    super();
    this.draft = '';
    this.asked = false;
    this.sending = false;
    this.replyingTo = '';
  }

  get #field(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('textarea');
  }

  override focus(): void {
    this.#field?.focus();
  }

  /** Put words in for the person to send or change. */
  compose(text: string): void {
    this.draft = text;
    void this.updateComplete.then(() => {
      this.focus();
      this.#field?.setSelectionRange(text.length, text.length);
    });
  }

  get #over(): number {
    return this.draft.length - LONGEST_MESSAGE;
  }

  #send(): void {
    if (!this.draft.trim() || this.#over > 0) return;
    this.dispatchEvent(new CustomEvent('say', { detail: this.draft.trim() }));
    this.draft = '';
  }

  readonly #typed = (event: Event): void => {
    this.draft = (event.target as HTMLTextAreaElement).value;
    if (this.draft.trim()) this.dispatchEvent(new CustomEvent('types'));
  };

  #key(event: KeyboardEvent): void {
    // While an input method composes a word, Enter chooses it and sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  protected override updated(changed: PropertyValues<this>): void {
    const field = this.#field;
    if (!changed.has('draft') || !field || CSS.supports('field-sizing', 'content')) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  #give(files: File[]): void {
    if (files.length) this.dispatchEvent(new CustomEvent<File[]>('files', { detail: files }));
  }

  readonly #chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.#give([...(input.files ?? [])]);
    input.value = '';
  };

  readonly #paste = (event: ClipboardEvent): void => {
    const files = filesOf(event.clipboardData);
    // Words that were copied together with a picture of them stay words.
    if (!files.length || event.clipboardData?.types.includes('text/plain')) return;
    event.preventDefault();
    this.#give(files);
  };

  #count(): TemplateResult | typeof nothing {
    if (this.#over <= -NEAR) return nothing;
    return html`<div class="count"><span class=${this.#over > 0 ? 'problem' : 'hint'} id="count" role="status">${
      this.#over > 0 ? words.tooLong(this.#over) : words.left(-this.#over)}</span></div>`;
  }

  override render(): TemplateResult {
    const near = this.#over > -NEAR;
    const kinds = words.fileKinds(sizeWords(LARGEST_FILE));
    const submit = (event: Event): void => { event.preventDefault(); this.#send(); };
    return html`<form @submit=${submit}>
      ${this.replyingTo ? html`<div class="replying">${icons.reply}<span>${words.replying(this.replyingTo)}</span>
        <button type="button" class="icon-button" aria-label=${words.stopReplying}
          @click=${() => this.dispatchEvent(new CustomEvent('stop-replying'))}>${icons.close}</button></div>` : nothing}
      <div class="box">
        <label class="attach icon-button" title=${`${words.attach}: ${kinds}`}>${icons.clip}<span class="sr-only">${words.attach}: ${kinds}</span>
          <input type="file" class="sr-only" ?disabled=${this.sending} @change=${this.#chosen}></label>
        <textarea rows="1" aria-label=${words.composer} enterkeyhint="send"
          placeholder=${this.asked ? words.placeholderAsk : words.placeholder}
          aria-describedby=${near ? 'count' : nothing} aria-invalid=${this.#over > 0 ? 'true' : 'false'}
          .value=${this.draft} @keydown=${this.#key} @paste=${this.#paste}
          @input=${this.#typed}></textarea>
        <button type="submit" class="primary send" aria-label=${words.send} title=${words.send}
          ?disabled=${!this.draft.trim() || this.#over > 0}>${icons.send}</button>
      </div>
      ${this.#count()}
    </form>`;
  }
}
