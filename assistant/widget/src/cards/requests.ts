import { html, nothing, type TemplateResult } from 'lit';

import type { RequestItem } from '../types.ts';
import { roleWords, statusWords, words } from '../words.ts';
import { drawMailbox, ItemsCard } from './items.ts';

// How many virtual accounts are named at once.
const FEW = 6;

function accountName(account: RequestItem['smart_account']): string {
  if (!account) return '';
  if (typeof account === 'string') return account;
  return account.name && account.domain ? `${account.name} (${account.domain})` : account.name ?? account.domain ?? '';
}

/** Who asks for access to what, each with the buttons that decide it. */
export class RequestsCard extends ItemsCard<RequestItem> {
  protected override readonly searchWords = words.searchRequests;
  protected override readonly noneWords = words.noRequests;

  protected override keyOf(item: RequestItem): string {
    return item.id;
  }

  protected override textOf(item: RequestItem): string {
    const { requester, role, virtual_accounts: places } = item;
    return [requester.name, requester.email, accountName(item.smart_account), role && roleWords(role), ...(places ?? [])].join(' ');
  }

  protected override drawItem(item: RequestItem): TemplateResult {
    const name = item.requester.name || item.requester.email;
    const isOpen = item.status === 'pending';
    return html`<div class="item-head"><div>${drawMailbox(item.requester)}
        <span class="hint">${this.#asked(item)}</span></div>
        <span class="pill ${isOpen ? 'live' : ''}">${statusWords(item.status)}</span></div>
      <p class="fact"><span class="hint">${words.wants}</span><span>${this.#wanted(item)}</span></p>
      ${this.#drawPlaces(item)}
      ${item.justification ? html`<p class="fact"><span class="hint">${words.because}</span>
        <q>${item.justification}</q></p>` : nothing}
      ${this.drawButtons(item.buttons, words.requestOf(name))}`;
  }

  #asked({ created_at: at, smart_account: account }: RequestItem): string {
    const asked = new Date(at ?? '');
    const when = Number.isNaN(asked.getTime()) ? '' : words.askedOn(
      asked.toLocaleDateString(undefined, { day: 'numeric', month: 'short' }));
    return [accountName(account), when].filter(Boolean).join(' · ');
  }

  #wanted({ role, scope, virtual_accounts: places }: RequestItem): string {
    const what = role ? roleWords(role) : words.access;
    return scope === 'account' || !places?.length ? words.inWholeAccount(what) : what;
  }

  #drawPlaces({ virtual_accounts: places }: RequestItem): TemplateResult | typeof nothing {
    if (!places?.length) return nothing;
    const more = places.slice(FEW);
    const named = (some: string[]): unknown => some.map((place, index) =>
      html`<span class="place">${place}${index < some.length - 1 ? ',' : nothing}</span> `);
    return html`<div class="fact"><span class="hint">${words.inPlaces(places.length)}</span>
      <div>${named(places.slice(0, FEW))}
      ${more.length ? html`<details><summary>${words.andMore(more.length)}</summary>${named(more)}</details>` : nothing}</div></div>`;
  }
}
