import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { DirectoryItem } from '../types.ts';
import { relationWords, roleWords, statusWords, typeWords, words } from '../words.ts';
import { drawMailbox, ItemsCard } from './items.ts';

// How many administrators are named at once.
const FEW = 3;
// In this order, as the directory lists them; what we don't know comes last.
const RELATIONS = ['access', 'requested', 'created', 'domain'];

/** Smart Accounts, grouped by what they have to do with the person. */
export class DirectoryCard extends ItemsCard<DirectoryItem> {
  protected override readonly searchWords = words.searchAccounts;
  protected override readonly noneWords = words.noAccounts;

  protected override keyOf(item: DirectoryItem): string {
    return `${item.relation} ${item.domain}`;
  }

  protected override textOf(item: DirectoryItem): string {
    const people = (item.administrators ?? []).map(({ name, email }) => `${name} ${email}`);
    return [item.name, item.domain, item.id, ...people].join(' ');
  }

  protected override drawList(shown: readonly DirectoryItem[]): TemplateResult {
    const relations = [...new Set([...RELATIONS, ...shown.map(({ relation }) => relation ?? '')])];
    const groups = relations.map((relation) => ({
      relation, members: shown.filter((item) => (item.relation ?? '') === relation),
    })).filter(({ members }) => members.length);
    return html`${groups.map(({ relation, members }) => html`<section class="group" aria-label=${relationWords(relation)}>
      ${relation ? html`<h4>${relationWords(relation)}</h4>` : nothing}
      <ul class="list" role="list">${repeat(members, (item) => this.keyOf(item),
        (item) => html`<li>${this.drawItem(item)}</li>`)}</ul></section>`)}`;
  }

  protected override drawItem(item: DirectoryItem): TemplateResult {
    const isActive = item.status === 'active';
    const kind = item.type ? typeWords(item.type) : '';
    return html`<div class="item-head"><div><strong>${item.name}</strong>
        <span class="hint">${[item.domain, item.id, kind].filter(Boolean).join(' · ')}</span></div>
        ${item.status ? html`<span class="pill ${isActive ? 'live' : ''}">${statusWords(item.status)}</span>` : nothing}</div>
      ${item.roles?.length ? html`<p class="fact"><span class="hint">${words.yourRole}</span>
        <span>${item.roles.map(roleWords).join(', ')}</span></p>` : nothing}
      ${this.#drawAdministrators(item)}
      ${this.drawButtons(item.buttons, item.name)}`;
  }

  #drawAdministrators({ name, administrators }: DirectoryItem): TemplateResult | typeof nothing {
    if (!administrators?.length) return nothing;
    const more = administrators.slice(FEW);
    return html`<div class="fact"><span class="hint">${words.administrators}</span>
      <div>${administrators.slice(0, FEW).map(drawMailbox)}
      ${more.length ? html`<details><summary>${words.andMore(more.length)}<span class="sr-only"> ${words.administratorsOf(name)}</span></summary>
        ${more.map(drawMailbox)}</details>` : nothing}</div></div>`;
  }
}
