/** Draws what messages carry besides words. A kind unknown here is shown as its words and lines. */

import { html, nothing, type TemplateResult } from 'lit';

import { icons } from './icons.ts';
import { safeUrl } from './markdown.ts';
import { outwardLink } from './prose.ts';
import type { Card, CaseItem, Line, LinkItem, Receipt, Source } from './types.ts';
import { statusWords, words } from './words.ts';

type Drawn = TemplateResult | typeof nothing;

/** A value of a line in words: lists one below the other, yes and no for truth values. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (Array.isArray(value)) return value.map(valueWords).join('\n');
  if (typeof value === 'object') return Object.values(value).map(valueWords).join(', ');
  return String(value);
}

export function drawLines(lines: readonly Line[] | null | undefined): Drawn {
  if (!lines?.length) return nothing;
  return html`<dl>${lines.map((line) => html`<div>
    <dt>${line.label}</dt><dd>${valueWords(line.value)}</dd></div>`)}</dl>`;
}

async function copy(event: Event, reference: string): Promise<void> {
  const button = event.currentTarget as HTMLButtonElement;
  const status = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(reference);
  } catch {
    // No clipboard here (an insecure page, a refusal): select the words, so that keys can copy them.
    getSelection()?.selectAllChildren(button.querySelector('span') ?? button);
    return;
  }
  if (status) status.textContent = words.copied;
  setTimeout(() => { if (status) status.textContent = ''; }, 2000);
}

export function drawReceipt(receipt: Receipt): TemplateResult {
  const { reference } = receipt;
  return html`<div role="group" class="card receipt" aria-label=${words.receipt}>
    <div class="card-head"><span class="stamp">${icons.check}</span><div>
      <h3>${receipt.title}</h3>
      ${reference ? html`<button type="button" class="reference" aria-label=${words.copy(reference)}
          @click=${(event: Event) => copy(event, reference)}><span>${reference}</span>${icons.copy}</button>
        <span class="hint" role="status"></span>` : nothing}
    </div></div>
    ${drawLines(receipt.lines)}
  </div>`;
}

function pill(status: string): TemplateResult {
  const over = ['closed', 'cancelled'].includes(status);
  return html`<span class="pill ${over ? '' : 'live'}">${statusWords(status)}</span>`;
}

function drawCase(card: Card): TemplateResult {
  return html`<div role="group" class="card" aria-label=${`${words.caseCard} ${card.number ?? ''}`}>
    <div class="card-head"><div>
      <span class="over">${words.caseCard} ${card.number ?? ''}</span>
      <h3>${card.title}</h3>
    </div>${card.status ? pill(card.status) : nothing}</div>
    ${drawLines(card.lines)}
  </div>`;
}

function day(iso: string | null | undefined): string {
  const date = new Date(iso ?? '');
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

function drawCases(items: CaseItem[]): TemplateResult {
  return html`<div role="group" class="card" aria-label=${words.casesCard}>
    ${items.length ? html`<ul class="items" role="list">${items.map((item) => html`<li>
      <div><strong>${item.title}</strong><span class="hint">${item.number}${
        item.updated_at ? ` · ${words.updated} ${day(item.updated_at)}` : ''}</span></div>
      ${pill(item.status)}</li>`)}</ul>` : html`<p class="note">${words.noCases}</p>`}
  </div>`;
}

const LINK_ICONS = { article: icons.article, video: icons.video, webinar: icons.calendar } as const;
const LINK_ACTIONS = { article: 'Read', video: 'Watch', webinar: 'Register' } as const;

function drawLink(item: LinkItem, base: string): TemplateResult {
  const kind = item.kind as keyof typeof LINK_ICONS;
  const url = safeUrl(item.url, base);
  const action = item.action ?? LINK_ACTIONS[kind] ?? LINK_ACTIONS.article;
  return html`<li>${LINK_ICONS[kind] ?? icons.out}
    <div><strong>${item.title}</strong>${item.detail ? html`<span class="hint">${item.detail}</span>` : nothing}</div>
    ${url ? html`<a class="action" href=${url} target="_blank" rel="noopener noreferrer nofollow">${action}<span
      class="sr-only">: ${item.title} ${words.opensNewTab}</span></a>` : nothing}</li>`;
}

/** The card of a message; `base` is where paths in its links belong to. */
export function drawCard(card: Card, base: string): Drawn {
  switch (card.kind) {
    case 'receipt':
      return drawReceipt({ title: card.title ?? words.receipt, reference: card.reference ?? null, lines: card.lines ?? null });
    case 'case':
      return drawCase(card);
    case 'cases':
      return drawCases((card.items ?? []) as CaseItem[]);
    case 'links':
      return card.items?.length ? html`<div role="group" class="card" aria-label=${card.title ?? words.suggestions}>
        <ul class="items" role="list">${(card.items as LinkItem[]).map((item) => drawLink(item, base))}</ul>
      </div>` : nothing;
    default:
      return card.title || card.lines?.length ? html`<div role="group" class="card">
        ${card.title ? html`<div class="card-head"><h3>${card.title}</h3></div>` : nothing}
        ${drawLines(card.lines)}</div>` : nothing;
  }
}

export function drawSources(sources: readonly Source[] | null | undefined, base: string): Drawn {
  if (!sources?.length) return nothing;
  return html`<div class="sources"><h3>${words.sources}</h3><ul role="list">${sources.map((source) => {
    const url = safeUrl(source.url, base);
    return html`<li>${url ? outwardLink(url, source.title) : source.title}</li>`;
  })}</ul></div>`;
}
