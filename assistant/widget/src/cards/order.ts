import { html, LitElement, nothing, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';
import { safeUrl } from '../markdown.ts';
import { blocks, day, helping, offered, sentence, type StepState, walked, ways, whereWords } from '../orders.ts';
import { base } from '../styles/base.ts';
import { orders } from '../styles/orders.ts';
import type { Said } from '../transcript.ts';
import type { Button, Order, OrderDelay, OrderLine, TimelineStep } from '../types.ts';
import { orderWords, words } from '../words.ts';
import { drawMailbox } from './items.ts';

type Drawn = TemplateResult | typeof nothing;

/**
 * One order: what holds it up first, then how far it is and where it goes. Fires `say` (detail:
 * what is said) when a button is pressed.
 */
export class OrderCard extends LitElement {
  static override styles = [base, orders];
  static override properties = {
    order: { attribute: false }, busy: { attribute: false }, base: { attribute: false }, offers: { attribute: false },
  };

  declare order: Order;
  /** Whether something is being done already, so that buttons wait. */
  declare busy: boolean;
  /** Where paths in links belong to. */
  declare base: string;
  /** What was offered beside the card. */
  declare offers: readonly Button[];

  constructor() {
    super();
    this.offers = [];
    this.busy = false;
    this.base = '';
  }

  #button(operation: string, look: string, delay?: OrderDelay): Drawn {
    const title = sentence(operation, this.order, delay);
    if (!title) return nothing;
    const offer = offered(this.offers, operation);
    const detail: Said = offer ? { payload: offer.payload, title } : { text: title };
    return html`<button type="button" class=${look} ?disabled=${this.busy}
      @click=${() => this.dispatchEvent(new CustomEvent<Said>('say', { detail }))}>${title}</button>`;
  }

  #drawHelp(delay: OrderDelay, url: string | null, first: boolean): Drawn {
    const operation = helping(this.order, delay);
    if (!url && !operation) return nothing;
    return html`<div class="buttons">${operation ? this.#button(operation, first ? 'primary' : 'plain', delay) : nothing}
      ${url ? html`<a class="plain" href=${url} target="_blank" rel="noopener noreferrer nofollow">${icons.out}${words.openThere}<span
        class="sr-only"> ${words.opensNewTab}</span></a>` : nothing}</div>`;
  }

  #drawDelay(delay: OrderDelay, first: boolean): TemplateResult {
    const blocking = blocks(delay);
    const { who, next_step: next, lines, link } = delay;
    const url = safeUrl(link, this.base);
    const some = lines?.length && lines.length < (this.order.lines?.length ?? 0) ? words.onLines(lines) : '';
    const since = [words.delayedBy(delay.age_days), delay.age_days > 0 ? words.sinceDay(day(delay.since)) : '', some];
    return html`<section class="delay ${blocking ? 'blocks' : ''}" data-code=${delay.code}>
      <div class="delay-head">${blocking ? icons.warning : icons.clock}<div>
        <span class="kind">${blocking ? words.holdsUp : words.goodToKnow}</span>
        <h4>${delay.title}</h4>
        <span class="hint since">${since.filter(Boolean).join(' · ')}</span></div></div>
      <dl class="told">
        ${who ? html`<div class="fact"><dt>${words.whoActs}</dt><dd>${who}</dd></div>` : nothing}
        ${next ? html`<div class="fact"><dt>${words.nextStep}</dt><dd>${next}</dd></div>` : nothing}
        ${link && !url ? html`<div class="fact"><dt>${words.where}</dt><dd>${link}</dd></div>` : nothing}</dl>
      ${this.#drawHelp(delay, url, first)}</section>`;
  }

  #drawDelays(): TemplateResult {
    const { delays, closed_without_provisioning: unfinished, status } = this.order;
    const closed = unfinished ? html`<p class="calm warn">${icons.warning}<span>${words.closedButOpen}</span></p>` : nothing;
    if (delays?.length) return html`${closed}${delays.map((delay, index) => this.#drawDelay(delay, index === 0))}`;
    if (unfinished || !status || ['submitted', 'cancelled'].includes(status)) return html`${closed}`;
    return html`<p class="calm">${icons.check}<span>${words.nothingHolds}</span></p>`;
  }

  #drawStep({ title, at, state }: TimelineStep & { state: StepState }): TemplateResult {
    const told = state === 'done' && at ? html`<span class="hint">${day(at)}</span><span class="sr-only">, ${words.steps.done}</span>`
      : html`<span class="hint">${state === 'now' && at ? words.nowSince(day(at)) : words.steps[state]}</span>`;
    return html`<li class=${state} aria-current=${state === 'now' ? 'step' : nothing}><span class="mark">${
      state === 'done' ? icons.check : nothing}</span><span class="step">${title}</span> ${told}</li>`;
  }

  #drawTimeline(): Drawn {
    const { timeline } = this.order;
    if (!timeline?.length) return nothing;
    return html`<section class="way"><h4>${words.timeline}</h4>
      <ol class="steps" role="list" aria-label=${words.timeline}>${walked(timeline).map((step) => this.#drawStep(step))}</ol></section>`;
  }

  #drawFacts(): Drawn {
    const { order } = this;
    const { partner, fulfillment_contact: contact, customer_order_number: own } = order;
    if (!order.assignment_status) return nothing;
    const fact = (label: string, value: unknown): Drawn => (value
      ? html`<div class="fact"><dt>${label}</dt><dd>${value}</dd></div>` : nothing);
    return html`<dl class="facts">
      ${fact(words.goesTo, whereWords(order))}
      ${fact(words.contact, contact ? drawMailbox(contact) : words.noContact)}
      ${fact(words.partner, partner?.domain ? `${partner.name} (${partner.domain})` : partner?.name)}
      ${fact(words.ownNumber, own)}</dl>`;
  }

  #drawLine(line: OrderLine): TemplateResult {
    const there = line.assignment && !this.order.assignment ? whereWords({ ...this.order, assignment: line.assignment }) : '';
    const contact = line.provisioning_contact ?? '';
    return html`<tr><th scope="row">${line.product}<span class="hint">${line.number} · ${line.sku}</span></th>
      <td class="amount">${line.quantity.toLocaleString()}</td>
      <td>${orderWords(line.provisioning ?? '')}${[there, contact].filter(Boolean).map((more) => html`<span class="hint">${more}</span>`)}</td></tr>`;
  }

  #drawLines(): Drawn {
    const { lines } = this.order;
    if (!lines?.length) return nothing;
    const title = words.orderLines(lines.length);
    return html`<details class="lines"><summary>${title}</summary>
      <table aria-label=${title}><thead><tr><th scope="col">${words.product}</th><th scope="col" class="amount">${words.quantity}</th>
        <th scope="col">${words.state}</th></tr></thead><tbody>${lines.map((line) => this.#drawLine(line))}</tbody></table></details>`;
  }

  #drawReasons(): Drawn {
    const reasons = this.order.visible_because;
    if (!reasons?.length) return nothing;
    return html`<details class="seen"><summary>${words.whySeen}</summary>
      <ul role="list">${reasons.map(({ text }) => html`<li>${text}</li>`)}</ul></details>`;
  }

  #drawWays(): Drawn {
    const others = ways(this.order);
    if (!others.length) return nothing;
    return html`<div class="foot buttons" role="group" aria-label=${words.otherWays(this.order.number)}>${
      others.map((operation) => this.#button(operation, 'plain'))}</div>`;
  }

  override render(): TemplateResult {
    return html`${this.#drawDelays()}${this.#drawTimeline()}${this.#drawFacts()}${this.#drawLines()}${this.#drawReasons()}${this.#drawWays()}`;
  }
}
