import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import { Api, type GetToken, Problem } from './api.ts';
import { cardWords } from './cards.ts';
import { DirectoryCard } from './cards/directory.ts';
import { ExportCard } from './cards/export.ts';
import { OrderCard } from './cards/order.ts';
import { OrdersCard } from './cards/orders.ts';
import { RequestsCard } from './cards/requests.ts';
import { StarsCard } from './cards/stars.ts';
import { SummaryCard } from './cards/summary.ts';
import { TableCard } from './cards/table.ts';
import { TreeCard } from './cards/tree.ts';
import { Composer } from './composer.ts';
import { defineControls } from './controls/index.ts';
import { Dropping } from './dropping.ts';
import { whyNot } from './files.ts';
import { icons } from './icons.ts';
import { Memory } from './memory.ts';
import { authorName } from './message.ts';
import { plainWordsOf } from './prose.ts';
import { ProposalCard } from './proposal.ts';
import { Rating } from './rating.ts';
import { Session } from './session.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { messages } from './styles/messages.ts';
import { panel } from './styles/panel.ts';
import { Announcer, focusedIn, Scroll } from './surroundings.ts';
import type { Said } from './transcript.ts';
import type { Conversation, Receipt, Reply } from './types.ts';
import { drawBar, drawLog, drawNotice, drawPast, drawTurn, drawUpload, SLOW_MS, type View } from './view.ts';
import { statusWords, words } from './words.ts';

// Where the panel would leave no room for the page, it takes the whole screen.
const SMALL = '(max-width: 520px), (max-height: 460px)';

/**
 * `<ask-licensing portal="clc">`: the licensing assistant for any page.
 *
 * Attributes: `portal` (clc, cssm or scm), `engine` (rasa or agent; the portal's own unless given),
 * `open`, `wide`, `theme` (light or dark; the system's unless given), `heading`, `base` (the assistant's
 * origin; by default where this script came from) and `token` (bearer token; without one the
 * session cookie counts). Property `getToken` gives tokens that expire; it is asked again after a
 * 401. Methods: `show`, `hide`, `compose(text)`, `startOver`, `restart` (after signing in or out).
 *
 * Fires `ask-licensing-open`, `-close`, `-unauthorized`, `-message` (detail: the messages that
 * arrived) and `-receipt` (detail: the receipt of what was done).
 */
export class AskLicensing extends LitElement {
  static override styles = [base, controls, messages, panel];
  static override properties = {
    portal: { reflect: true },
    engine: {},
    open: { type: Boolean, reflect: true },
    theme: { reflect: true },
    wide: { type: Boolean, reflect: true },
    heading: {},
    base: {},
    token: {},
    getToken: { attribute: false },
    view: { state: true },
  };

  declare portal: string;
  declare engine: string | null;
  declare open: boolean;
  declare theme: string | null;
  declare wide: boolean;
  declare heading: string;
  declare base: string;
  declare token: string | null;
  declare getToken: GetToken | null;
  /** State of the panel that is nobody else's business. */
  declare view: View;
  #session: Session | null = null;
  /** Words to type for the person as soon as there is something to type into. */
  #draft: string | null = null;
  #focusNext: 'composer' | 'launcher' | null = null;
  #slowTimer: ReturnType<typeof setTimeout> | undefined;
  /** From the first opening on the panel keeps what is in it: a half-written message, a rating. */
  #opened = false;
  readonly #small = matchMedia(SMALL);
  readonly #announcer = new Announcer(this);
  readonly #scroll = new Scroll(this);
  readonly #dropping = new Dropping(this, (files) => this.#send(files));
  #sending: AbortController | null = null;

  constructor() {
    super();
    this.portal = 'clc';
    this.engine = null;
    this.open = false;
    this.theme = null;
    this.wide = false;
    this.heading = words.heading;
    this.base = '';
    this.token = null;
    this.getToken = null;
    this.view = { past: null, replyTo: null, upload: null };
  }

  // --- for the host page ----------------------------------------------------------------------

  show(): void {
    this.#focusNext = 'composer';
    this.open = true;
    if (this.hasUpdated) this.requestUpdate();
  }

  hide(): void {
    this.#focusNext = 'launcher';
    this.open = false;
  }

  /** Open the panel with these words typed, for the person to send. */
  compose(text: string): void {
    this.#draft = text;
    this.show();
  }

  startOver(): Promise<void> {
    this.#change({ past: null, replyTo: null });
    return this.#session?.startOver() ?? Promise.resolve();
  }

  /** Forget who was signed in and look again: call it after signing in or out. */
  restart(): void {
    this.#session?.end();
    const api = new Api(this.base || new URL(import.meta.url).origin, async (options) =>
      (await this.getToken?.(options)) ?? this.token);
    this.#session = new Session({ api, portal: this.portal, engine: this.engine }, {
      changed: () => this.requestUpdate(),
      arrived: (replies) => this.#arrived(replies),
      unauthorized: () => this.#fire('unauthorized'),
      receipt: (receipt: Receipt) => this.#fire('receipt', receipt),
    });
    this.#session.watch(this.open);
    if (this.open || Memory.knowsSomebody(api.base)) void this.#session.start(this.open);
    this.requestUpdate();
  }

  // --- life on the page -------------------------------------------------------------------------

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisibility);
    addEventListener('online', this.#onOnline);
    addEventListener('offline', this.#onOffline);
    this.#small.addEventListener('change', this.#onResize);
    visualViewport?.addEventListener('resize', this.#onKeyboard);
    if (this.hasUpdated) this.restart();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    removeEventListener('online', this.#onOnline);
    removeEventListener('offline', this.#onOffline);
    this.#small.removeEventListener('change', this.#onResize);
    visualViewport?.removeEventListener('resize', this.#onKeyboard);
    clearTimeout(this.#slowTimer);
    this.#session?.end();
  }

  readonly #onVisibility = (): void => {
    this.#session?.visible(!document.hidden);
    if (!document.hidden) this.#session?.watch(this.open);
  };
  readonly #onOnline = (): void => this.#session?.networkBack();
  readonly #onOffline = (): void => this.#session?.networkGone();
  /** A dialog is modal or not from its opening on, so at the border it opens anew. */
  readonly #onResize = (): void => {
    this.requestUpdate();
    if (!this.open) return;
    const focused = focusedIn(this.renderRoot as ShadowRoot);
    this.#dialog?.close();
    this.#dialog?.style.removeProperty('height');
    this.#openDialog();
    focused?.focus({ preventScroll: true });
  };

  /** A phone's keyboard covers the page without resizing it: the panel takes what is left. */
  readonly #onKeyboard = (): void => {
    const dialog = this.#dialog;
    if (!dialog?.matches(':modal') || !visualViewport || visualViewport.scale > 1.01) return;
    dialog.style.height = `${visualViewport.height}px`;
  };

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#opened ||= this.open;
    const other = (['portal', 'engine', 'base'] as const).some((name) => changed.has(name));
    if (!this.#session || (this.hasUpdated && other)) this.restart();
    const credentials = changed.has('token') || changed.has('getToken');
    if (this.hasUpdated && credentials && this.#session?.phase === 'signed-out') void this.#session.start(this.open);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('open')) this.#openChanged(changed.get('open') !== undefined || this.open);
    if (this.#focusNext === 'composer' && this.open) this.#focusComposer();
    if (this.#focusNext === 'launcher' && !this.open) {
      this.renderRoot.querySelector<HTMLElement>('.launcher')?.focus();
      this.#focusNext = null;
    }
    this.#scroll.settle();
    this.#timeSlowness();
  }

  #focusComposer(): void {
    const composer = this.#composer;
    if (!composer) return;
    this.#focusNext = null;
    void composer.updateComplete.then(() => {
      if (this.#draft !== null) composer.compose(this.#draft);
      else composer.focus();
      this.#draft = null;
    });
  }

  #openChanged(real: boolean): void {
    if (this.open) {
      this.#openDialog();
      this.#scroll.toEnd();
    } else {
      this.#dialog?.close();
    }
    this.#session?.watch(this.open);
    if (this.open) void this.#session?.start(true);
    if (real) this.#fire(this.open ? 'open' : 'close');
  }

  #openDialog(): void {
    const dialog = this.#dialog;
    if (!dialog || dialog.open) return;
    if (this.#small.matches) dialog.showModal();
    // `show` would move the focus; only the person's own opening may (see `show` above).
    else dialog.setAttribute('open', '');
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  get #composer(): Composer | null {
    return this.renderRoot.querySelector('ask-licensing-composer');
  }

  #timeSlowness(): void {
    clearTimeout(this.#slowTimer);
    const since = this.#session?.turnSince;
    if (since === null || since === undefined) return;
    const left = since + SLOW_MS - Date.now();
    if (left > 0) this.#slowTimer = setTimeout(() => this.requestUpdate(), left + 20);
  }

  // --- what happens --------------------------------------------------------------------------

  #fire(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`ask-licensing-${name}`, { detail, bubbles: true, composed: true }));
  }

  #change(changes: Partial<View>): void {
    this.view = { ...this.view, ...changes };
  }

  #arrived(replies: Reply[]): void {
    this.#fire('message', replies);
    const asks = replies.some((reply) => reply.ask || reply.proposal?.status === 'open');
    this.#scroll.expect(asks ? null : replies[0]?.id ?? null);
    for (const reply of replies) {
      const who = reply.role === 'person' ? authorName(reply) : reply.role === 'bot' ? words.assistant : '';
      const said = [plainWordsOf(reply), reply.card && cardWords(reply.card), reply.proposal?.preview.title].filter(Boolean);
      this.#announcer.say(`${who ? `${who}: ` : ''}${said.join('. ')}`);
    }
  }

  #say(said: Said): void {
    this.#change({ replyTo: null });
    this.#scroll.toEnd();
    this.#session?.say(said);
    // The pressed control goes away: the focus must not fall to the page.
    this.#composer?.focus();
  }

  #sayWords(text: string): void {
    const { replyTo } = this.view;
    this.#say(replyTo ? { text, in_reply_to: replyTo.id } : { text });
  }

  /** Files that were dropped, chosen or pasted: what can't be sent is said before it is tried. */
  #send(files: File[]): void {
    const [file] = files;
    if (!file || this.#sending || this.#session?.phase !== 'ready') return;
    const { ask } = this.#session.transcript;
    const accept = ask?.kind === 'file' ? ask.accept ?? [] : [];
    const problem = files.length > 1 ? words.oneFile : whyNot(file, accept);
    if (problem) this.#change({ upload: { file, sent: 0, problem, passes: false } });
    else void this.#upload(file);
  }

  async #upload(file: File): Promise<void> {
    const sending = new AbortController();
    this.#sending = sending;
    const show = (sent: number): void => this.#change({ upload: { file, sent, problem: '', passes: true } });
    show(0);
    try {
      await this.#session?.upload(file, { progress: show, signal: sending.signal });
      this.#change({ upload: null });
      this.#scroll.toEnd();
      this.#composer?.focus();
    } catch (error) {
      if (sending.signal.aborted) return;
      const refused = error instanceof Problem ? error : null;
      const problem = refused?.sentences ?? `${words.uploadFailed} ${words.unreachable.title}.`;
      this.#change({ upload: { file, sent: 0, problem, passes: refused?.passes ?? true } });
    } finally {
      if (this.#sending === sending) this.#sending = null;
    }
  }

  #stopUpload(): void {
    this.#sending?.abort();
    this.#sending = null;
    this.#change({ upload: null });
    this.#composer?.focus();
  }

  async #togglePast(): Promise<void> {
    if (this.view.past) return this.#change({ past: null });
    this.#change({ past: 'loading' });
    try {
      const past = await this.#session?.past();
      if (this.view.past) this.#change({ past: past ?? [] });
    } catch {
      this.#change({ past: null });
    }
  }

  async #goTo(conversation: Conversation): Promise<void> {
    this.#change({ past: null, replyTo: null });
    if (conversation.id !== this.#session?.conversation?.id) await this.#session?.goTo(conversation.id);
    this.#scroll.toEnd();
    this.#composer?.focus();
  }

  #reply(message: Reply): void {
    this.#change({ replyTo: message });
    this.#composer?.focus();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    this.hide();
  };

  // --- drawing ---------------------------------------------------------------------------------

  #drawLauncher(): TemplateResult {
    const unread = this.#session?.unread ?? 0;
    return html`<button type="button" class="launcher" aria-haspopup="dialog" aria-expanded="false" ?hidden=${this.open} @click=${this.show}>
      ${icons.mark}<span>${words.launcher}</span>
      ${unread ? html`<span class="badge" aria-hidden="true">${Math.min(unread, 99)}</span>
        <span class="sr-only">, ${words.launcherUnread(unread)}</span>` : nothing}</button>`;
  }

  #drawHeader(session: Session): TemplateResult {
    const { conversation } = session;
    const status = conversation && conversation.status !== 'bot' ? ` · ${statusWords(conversation.status)}` : '';
    const action = (label: string, icon: unknown, click: () => void): TemplateResult => html`<button type="button"
      class="icon-button" title=${label} aria-label=${label} @click=${click}>${icon}</button>`;
    const talking = session.phase === 'ready';
    return html`<div class="header">
      <span class="seal">${icons.mark}</span>
      <div class="title"><h2 id="heading">${this.heading}</h2>
        <div class="subtitle">${(conversation?.portal ?? this.portal).toUpperCase()}${status}</div></div>
      ${talking ? html`
        ${this.view.past ? action(words.back, icons.back, () => this.#togglePast())
          : action(words.past, icons.clock, () => this.#togglePast())}
        ${action(words.startOver, icons.compose, () => { void this.startOver().then(() => this.#composer?.focus()); })}` : nothing}
      ${this.#small.matches ? nothing : action(this.wide ? words.narrower : words.wider, this.wide ? icons.narrow : icons.wide, () => { this.wide = !this.wide; })}
      ${action(words.close, this.#small.matches ? icons.close : icons.down, () => this.hide())}
    </div>`;
  }

  #drawTalk(session: Session): TemplateResult {
    const context = {
      session,
      base: session.api.base,
      view: this.view,
      say: (said: Said) => this.#say(said),
      upload: (file: File) => this.#send([file]),
      reply: (message: Reply) => this.#reply(message),
    };
    return html`<div class="scroller" tabindex="0" role="region" aria-label=${words.transcript}
        @scroll=${this.#scroll.onScroll}>
        <div ${ref((content) => this.#scroll.follow(content ?? null))}>${drawLog(context)}${drawTurn(context)}</div>
      </div>
      ${this.#scroll.hasMore ? html`<div class="later"><button type="button" class="plain"
        @click=${() => this.#scroll.toEnd(true)}>${icons.down}${words.newBelow}</button></div>` : nothing}
      ${drawUpload(this.view.upload, {
        stop: () => this.#stopUpload(),
        again: () => { if (this.view.upload) this.#send([this.view.upload.file]); },
      })}
      <ask-licensing-composer ?asked=${Boolean(session.transcript.ask)} .sending=${Boolean(this.#sending)}
        @files=${(event: CustomEvent<File[]>) => this.#send(event.detail)}
        .replyingTo=${this.view.replyTo ? authorName(this.view.replyTo) : ''}
        @say=${(event: CustomEvent<string>) => this.#sayWords(event.detail)}
        @stop-replying=${() => this.#change({ replyTo: null })}></ask-licensing-composer>`;
  }

  #drawBody(session: Session): TemplateResult {
    if (this.view.past) return drawPast(this.view.past, session, (chosen) => void this.#goTo(chosen));
    if (session.phase === 'ready') return this.#drawTalk(session);
    return drawNotice(session, () => void session.start(true));
  }

  override render(): TemplateResult {
    const session = this.#session!;
    return html`
      ${this.open ? nothing : this.#announcer.draw()}
      ${this.#drawLauncher()}
      <dialog aria-labelledby="heading" @keydown=${this.#onKey}
        @dragenter=${this.#dropping.onDrag} @dragover=${this.#dropping.onDrag} @dragleave=${this.#dropping.onDrag} @drop=${this.#dropping.onDrop}
        @cancel=${(event: Event) => { event.preventDefault(); this.hide(); }}>
        ${this.open ? this.#announcer.draw() : nothing}
        ${session.phase === 'ready' && !this.view.past ? this.#dropping.draw() : nothing}
        ${this.#opened ? html`${this.#drawHeader(session)}${drawBar(session)}${this.#drawBody(session)}` : nothing}
      </dialog>`;
  }
}

defineControls();
const ELEMENTS = {
  'ask-licensing-composer': Composer,
  'ask-licensing-proposal': ProposalCard,
  'ask-licensing-rating': Rating,
  'ask-licensing-stars': StarsCard,
  'ask-licensing-table': TableCard,
  'ask-licensing-tree': TreeCard,
  'ask-licensing-directory': DirectoryCard,
  'ask-licensing-requests': RequestsCard,
  'ask-licensing-order': OrderCard,
  'ask-licensing-orders': OrdersCard,
  'ask-licensing-summary': SummaryCard,
  'ask-licensing-export': ExportCard,
  'ask-licensing': AskLicensing,
} as const;
for (const [name, element] of Object.entries(ELEMENTS)) {
  // A page that loads the script twice keeps the first.
  if (!customElements.get(name)) customElements.define(name, element);
}

declare global {
  interface HTMLElementTagNameMap {
    'ask-licensing': AskLicensing;
    'ask-licensing-composer': Composer;
  }
}
