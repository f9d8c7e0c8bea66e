import { html, LitElement, nothing, type TemplateResult } from 'lit';

import { icons } from '../icons.ts';
import { type Bar, bars, firstNumbers } from '../orders.ts';
import { base } from '../styles/base.ts';
import { orders } from '../styles/orders.ts';
import type { OrderSummary } from '../types.ts';
import { orderWords, words } from '../words.ts';

/** How many orders there are of which kind. Fires `say` (detail: the words) when a number is pressed. */
export class SummaryCard extends LitElement {
  static override styles = [base, orders];
  static override properties = { summary: { attribute: false }, busy: { attribute: false } };

  declare summary: OrderSummary;
  declare busy: boolean;

  constructor() {
    super();
    this.busy = false;
  }

  #drawNumbers(): TemplateResult {
    return html`<div class="numbers">${firstNumbers(this.summary).map(({ filter, count }) => html`<button type="button" class="figure"
      ?disabled=${this.busy || count === 0}
      @click=${() => this.dispatchEvent(new CustomEvent<string>('say', { detail: words.showOrders[filter] }))}>
      <span class="sr-only">${words.showOrders[filter]}: </span><strong class=${filter === 'delayed' && count ? 'alarm' : ''}>${filter === 'delayed' && count ? icons.warning : nothing}${count.toLocaleString()}</strong>
      <span>${words.orderFilters[filter]}</span></button>`)}</div>`;
  }

  /** The numbers stand beside the bars, which only those who see them need. */
  #drawChart(title: string, shown: Bar[]): TemplateResult | typeof nothing {
    if (!shown.length) return nothing;
    return html`<section class="chart"><h4>${title}</h4><ul class="bars" role="list" aria-label=${title}>${shown.map(({ label, count, share }) => html`<li>
      <span>${label}</span><svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="track"
        width="100" height="12"></rect><rect class="bar" width=${share} height="12"></rect></svg><strong>${count.toLocaleString()}</strong></li>`)}</ul></section>`;
  }

  override render(): TemplateResult {
    const { by_status: statuses, by_assignment: assignments } = this.summary;
    return html`${this.#drawNumbers()}
      ${this.#drawChart(words.byStatus, bars(statuses, orderWords))}
      ${this.#drawChart(words.byAssignment, bars(assignments, orderWords))}`;
  }
}
