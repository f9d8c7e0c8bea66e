import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { drawSearch } from '../controls/longlist.ts';
import { icons } from '../icons.ts';
import { matching } from '../listed.ts';
import { blocks, day, filtered, ORDER_FILTERS, type OrderFilter, orderText, sentence, whereWords } from '../orders.ts';
import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import { orders } from '../styles/orders.ts';
import type { Order } from '../types.ts';
import { orderWords, words } from '../words.ts';

// More than one looks through: then there is a field that searches.
const MANY = 8;
// Drawn at first, and more whenever the end comes near.
const PIECE = 40;
const NEAR_END = 600;
// Below this, taking all of them in one go is no relief.
const SEVERAL = 2;

/**
 * Orders, to be narrowed to those that are late or go nowhere yet. Fires `say` (detail: the words)
 * when an order or a button is pressed.
 */
export class OrdersCard extends LitElement {
  static override styles = [base, controls, orders];
  static override properties = {
    orders: { attribute: false }, goesOn: { attribute: false }, busy: { attribute: false }, label: { attribute: false },
    filter: { state: true }, query: { state: true }, drawn: { state: true },
  };

  declare orders: Order[];
  /** There are other orders than these. */
  declare goesOn: boolean;
  declare busy: boolean;
  declare label: string;
  declare filter: OrderFilter;
  declare query: string;
  /** How many rows are in the page by now. */
  declare drawn: number;

  constructor() {
    super();
    this.orders = [];
    this.goesOn = false;
    this.busy = false;
    this.label = words.ordersCard;
    this.filter = 'all';
    this.query = '';
    this.drawn = PIECE;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query') || changed.has('filter')) this.drawn = PIECE;
  }

  #say(said: string | null): void {
    if (said) this.dispatchEvent(new CustomEvent<string>('say', { detail: said }));
  }

  #drawChips(): TemplateResult {
    return html`<div class="chips" role="group" aria-label=${words.whichOrders}>${ORDER_FILTERS.map((filter) => html`<button
      type="button" class="chip" aria-pressed=${this.filter === filter ? 'true' : 'false'} @click=${() => { this.filter = filter; }}>${
        this.filter === filter ? icons.check : nothing}${words.orderFilters[filter]} ${filtered(this.orders, filter).length}</button>`)}</div>`;
  }

  #drawWhy(order: Order): TemplateResult | typeof nothing {
    const [first, ...others] = order.delays ?? [];
    if (!first) return nothing;
    const blocking = blocks(first);
    return html`<div class="why ${blocking ? 'blocks' : ''}">${blocking ? icons.warning : icons.clock}<span><strong>${first.title}</strong>
      <span class="hint">${words.delayedBy(first.age_days)}${others.length ? `, ${words.moreDelays(others.length)}` : ''}${
        first.who ? html`<span class="acts"> · ${words.whoActs}: ${first.who}</span>` : nothing}</span></span></div>`;
  }

  #drawOrder(order: Order): TemplateResult {
    const { number, end_customer: customer, placed_at: placed, status } = order;
    const facts = [customer, placed ? words.placed(day(placed)) : '', order.assignment_status ? whereWords(order) : ''];
    return html`<div class="row"><button type="button" class="number" ?disabled=${this.busy}
        @click=${() => this.#say(sentence('get_order', order))}><span class="sr-only">${sentence('get_order', order)}</span><span
        aria-hidden="true">${number}</span></button>${status ? html`<span class="pill ${
        status === 'provisioned' ? 'live' : ''}">${orderWords(status)}</span>` : nothing}</div>
      ${this.#drawWhy(order)}
      ${order.closed_without_provisioning ? html`<div class="why blocks">${icons.warning}<span>${words.closedButOpen}</span></div>` : nothing}
      <span class="hint">${facts.filter(Boolean).join(' · ')}</span>`;
  }

  readonly #onScroll = (event: Event): void => {
    const box = event.currentTarget as HTMLElement;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END) this.drawn += PIECE;
  };

  #drawList(shown: readonly Order[]): TemplateResult {
    return html`<div class="box" tabindex="0" role="region" aria-label=${this.label} @scroll=${this.#onScroll}>
      <ul role="list">${repeat(shown.slice(0, this.drawn), ({ number }) => number, (order, index) => html`<li
        aria-posinset=${index + 1} aria-setsize=${shown.length} data-order=${order.number}>${this.#drawOrder(order)}</li>`)}</ul>
      ${shown.length > this.drawn ? html`<button type="button" class="text-button more"
        @click=${() => { this.drawn += PIECE; }}>${words.moreRows(shown.length - this.drawn)}</button>` : nothing}</div>`;
  }

  #drawFoot(shown: readonly Order[]): TemplateResult | typeof nothing {
    const unassigned = filtered(this.orders, 'unassigned').length;
    const press = (said: string): TemplateResult => html`<button type="button" class="plain" ?disabled=${this.busy}
      @click=${() => this.#say(said)}>${said}</button>`;
    const told = this.query ? words.found(shown.length, this.orders.length)
      : this.goesOn ? `${words.firstOrders(this.orders.length)}. ${words.othersToSay}` : words.ordersCount(shown.length);
    return html`<div class="list-foot"><span class="hint" role="status">${told}</span>${this.orders.length >= SEVERAL ? html`<div class="buttons">
      ${unassigned >= SEVERAL ? press(words.assignAll) : nothing}
      ${press(words.downloadOrders[this.filter])}</div>` : nothing}</div>`;
  }

  override render(): TemplateResult {
    if (!this.orders.length) return html`<p class="none">${words.noOrders}</p>`;
    const shown = matching(filtered(this.orders, this.filter), this.query, orderText);
    return html`
      ${this.#drawChips()}
      ${this.orders.length > MANY ? html`<div class="filter">${drawSearch({
        query: this.query, label: words.searchOrders,
        changed: (query) => { this.query = query; },
        entered: () => this.renderRoot.querySelector<HTMLElement>('.box')?.focus(),
      }, this.renderRoot)}</div>` : nothing}
      ${shown.length ? this.#drawList(shown) : html`<p class="none">${this.query ? words.noRowMatches : words.noneOfThese[this.filter]}</p>`}
      ${this.#drawFoot(shown)}`;
  }
}
