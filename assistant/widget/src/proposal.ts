import { html, LitElement, nothing, type TemplateResult } from 'lit';

import type { Problem } from './api.ts';
import { drawReceipt } from './cards.ts';
import { drawTable } from './cards/table.ts';
import { icons } from './icons.ts';
import { drawLines } from './lines.ts';
import { base } from './styles/base.ts';
import { messages } from './styles/messages.ts';
import type { Preview, Proposal, ProposalStatus, Receipt } from './types.ts';
import { words } from './words.ts';

const URGENT_MS = 3 * 60_000;

/** What is left in words: minutes, and in the last few also the seconds. */
export function leftWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (ms > URGENT_MS) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What was looked at, and what should be known before confirming. */
function drawTold({ checks, warnings }: Preview): TemplateResult | typeof nothing {
  if (!checks?.length && !warnings?.length) return nothing;
  return html`<div class="notes">
    ${checks?.length ? html`<ul class="told" role="list" aria-label=${words.checks}>${checks.map((check) => html`<li>${icons.check}<span>${check}</span></li>`)}</ul>` : nothing}
    ${warnings?.length ? html`<ul class="told warnings" role="list" aria-label=${words.warnings}>${warnings.map((warning) => html`<li>${icons.warning}<span><span class="sr-only">${words.warning}: </span>${warning}</span></li>`)}</ul>` : nothing}
  </div>`;
}

/**
 * What would be done, to be confirmed, changed or cancelled.
 *
 * Fires `decide` ('confirm' or 'cancel'), `change`, and `lapsed` once when its time has run out.
 */
export class ProposalCard extends LitElement {
  static override styles = [base, messages];
  static override properties = {
    proposal: { attribute: false },
    working: { attribute: false },
    refusal: { attribute: false },
    receipt: { attribute: false },
    clockOffset: { attribute: false },
    now: { state: true },
  };

  declare proposal: Proposal;
  declare working: boolean;
  declare refusal: Problem | null;
  declare receipt: Receipt | null;
  /** Server time minus the browser's, in milliseconds. */
  declare clockOffset: number;
  declare now: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lapsed = false;
  #pressed = false;

  constructor() {
    super();
    this.working = false;
    this.refusal = null;
    this.receipt = null;
    this.clockOffset = 0;
    this.now = Date.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  get #left(): number {
    return Date.parse(this.proposal.expires_at) - (this.now + this.clockOffset);
  }

  get #status(): ProposalStatus {
    const { status } = this.proposal;
    return status === 'open' && this.#left <= 0 && !this.working ? 'expired' : status;
  }

  #tick(): void {
    if (this.proposal.status !== 'open') return;
    this.now = Date.now();
    if (this.#left <= 0 && !this.#lapsed) {
      this.#lapsed = true;
      this.dispatchEvent(new CustomEvent('lapsed'));
    }
  }

  #decide(decision: 'confirm' | 'cancel'): void {
    if (this.working) return;
    this.#pressed = true;
    this.dispatchEvent(new CustomEvent('decide', { detail: decision }));
  }

  /** The pressed button is gone or was disabled meanwhile: the focus stays with the card. */
  protected override updated(): void {
    if (!this.#pressed || this.working || (this.#status === 'open' && !this.refusal)) return;
    this.#pressed = false;
    const focused = (this.getRootNode() as ShadowRoot).activeElement;
    if (!focused || focused === this) this.renderRoot.querySelector<HTMLElement>('.proposal')?.focus({ preventScroll: true });
  }

  #actions(): TemplateResult {
    const { working } = this;
    const left = leftWords(this.#left);
    return html`<div class="actions">
      <button type="button" class="primary" ?disabled=${working} @click=${() => this.#decide('confirm')}>
        ${working ? words.working : this.proposal.preview.confirm ?? words.confirm}</button>
      <button type="button" class="plain" ?disabled=${working}
        @click=${() => this.dispatchEvent(new CustomEvent('change'))}>${words.change}</button>
      <button type="button" class="plain quiet" ?disabled=${working}
        @click=${() => this.#decide('cancel')}>${words.cancel}</button>
      <span class="hint ${this.#left < URGENT_MS ? 'urgent' : ''}" role="timer" aria-live="off">${words.expiresIn(left)}</span>
    </div>`;
  }

  override render(): TemplateResult {
    const { preview } = this.proposal;
    const status = this.#status;
    const open = status === 'open';
    return html`<div role="group" class="card proposal ${open ? '' : 'settled'}" tabindex="-1" aria-label=${preview.title} data-status=${status}>
      <div class="card-head"><div>
        <span class="over">${open ? words.proposal : words.proposalStatus[status]}</span>
        <h3>${preview.title}</h3>
      </div>${status === 'executed' ? html`<span class="stamp">${icons.check}</span>` : nothing}</div>
      ${drawLines(preview.lines)}
      ${drawTold(preview)}
      ${open && preview.table?.rows?.length ? drawTable({ title: preview.title, ...preview.table }) : nothing}
      ${preview.terms ? html`<section class="terms" aria-label=${words.terms}><h4>${words.terms}</h4><p>${preview.terms}</p></section>` : nothing}
      ${preview.note ? html`<p class="note">${preview.note}</p>` : nothing}
      <p class="problem" role="alert">${this.refusal?.sentences ?? ''}</p>
      ${open ? this.#actions() : nothing}
    </div>
    ${this.receipt ? drawReceipt(this.receipt) : nothing}`;
  }
}
