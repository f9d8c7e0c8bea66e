/** Draws what messages carry besides words. A kind unknown here is shown as its words and lines. */

import { html, nothing, type TemplateResult } from 'lit';

import type { Downloads } from './cards/export.ts';
import { drawTable } from './cards/table.ts';
import { icons } from './icons.ts';
import { drawLines } from './lines.ts';
import { safeUrl } from './markdown.ts';
import { day } from './orders.ts';
import { outwardLink } from './prose.ts';
import type { Said } from './transcript.ts';
import type {
  Button, Card, CaseItem, DirectoryItem, LinkItem, Order, OrderExport, Receipt, RequestItem, Source, TreeItem,
} from './types.ts';
import { orderWords, statusWords, words } from './words.ts';

export interface CardContext {
  /** Where paths in links belong to. */
  base: string;
  /** Whether something is being done already. */
  busy: boolean;
  press(said: Said): void;
  /** What is offered beside the card. */
  offers: readonly Button[];
  downloads: Downloads;
}

type Drawn = TemplateResult | typeof nothing;

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

function drawExport(download: OrderExport, downloads: Downloads): TemplateResult {
  return html`<ask-licensing-export .download=${download} .downloads=${downloads}></ask-licensing-export>`;
}

export function drawReceipt(receipt: Receipt, downloads?: Downloads): TemplateResult {
  const { reference } = receipt;
  return html`<div role="group" class="card receipt" aria-label=${words.receipt}>
    <div class="card-head"><span class="stamp">${icons.check}</span><div>
      <h3>${receipt.title}</h3>
      ${reference ? html`<button type="button" class="reference" aria-label=${words.copy(reference)}
          @click=${(event: Event) => copy(event, reference)}><span>${reference}</span>${icons.copy}</button>
        <span class="hint" role="status"></span>` : nothing}
    </div></div>
    ${drawLines(receipt.lines)}
    ${receipt.table?.rows?.length ? drawTable({ title: receipt.title, ...receipt.table }) : nothing}
    ${receipt.export && downloads ? drawExport(receipt.export, downloads) : nothing}
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

/** A card around something of its own, with the title that it was given. */
function framed(title: string, content: TemplateResult): TemplateResult {
  return html`<div role="group" class="card" aria-label=${title}>
    <div class="card-head"><h3>${title}</h3></div>${content}</div>`;
}

function drawTreeCard(card: Card): TemplateResult {
  const title = card.title ?? words.treeCard;
  return framed(title, html`<ask-licensing-tree .items=${(card.items ?? []) as TreeItem[]} .label=${title}></ask-licensing-tree>`);
}

function drawTableCard(card: Card): TemplateResult {
  const title = card.title ?? words.table;
  return framed(title, drawTable({ title, columns: card.columns ?? [], rows: card.rows ?? [], total: card.total ?? null }));
}

function drawDirectory(card: Card, context: CardContext): TemplateResult {
  return framed(card.title ?? words.directoryCard, html`<ask-licensing-directory .items=${(card.items ?? []) as DirectoryItem[]}
    .busy=${context.busy} @press=${(event: CustomEvent<Button>) => context.press(event.detail)}></ask-licensing-directory>`);
}

function drawRequests(card: Card, context: CardContext): TemplateResult {
  return framed(card.title ?? words.requestsCard, html`<ask-licensing-requests .items=${(card.items ?? []) as RequestItem[]}
    .busy=${context.busy} @press=${(event: CustomEvent<Button>) => context.press(event.detail)}></ask-licensing-requests>`);
}

function drawOrder(order: Order, context: CardContext): TemplateResult {
  const { web_order_number: web, end_customer: customer, placed_at: placed, status } = order;
  const title = words.orderCard(order.number);
  const facts = [customer, web && words.webOrder(web), placed && words.placed(day(placed))];
  return html`<div role="group" class="card" aria-label=${title} data-order=${order.number}>
    <div class="card-head"><div><h3>${title}</h3><span class="hint">${facts.filter(Boolean).join(' · ')}</span></div>${
      status ? html`<span class="pill ${status === 'provisioned' ? 'live' : ''}">${orderWords(status)}</span>` : nothing}</div>
    <ask-licensing-order .order=${order} .busy=${context.busy} .base=${context.base}
      .offers=${context.offers} @say=${(event: CustomEvent<Said>) => context.press(event.detail)}></ask-licensing-order></div>`;
}

function drawOrders(card: Card, context: CardContext): TemplateResult {
  const title = card.title ?? words.ordersCard;
  return framed(title, html`<ask-licensing-orders .orders=${card.orders ?? []} .goesOn=${card.goes_on ?? false} .busy=${context.busy}
    .label=${title} @say=${(event: CustomEvent<string>) => context.press({ text: event.detail })}></ask-licensing-orders>`);
}

function drawSummary(card: Card, context: CardContext): Drawn {
  return card.summary ? framed(card.title ?? words.summaryCard, html`<ask-licensing-summary .summary=${card.summary} .busy=${context.busy}
    @say=${(event: CustomEvent<string>) => context.press({ text: event.detail })}></ask-licensing-summary>`) : nothing;
}

/** Whether there is something in a card to press: this waits while something is being done. */
export function hasButtons(card: Card): boolean {
  return ['order', 'orders', 'orders_summary'].includes(card.kind)
    || Boolean(card.items?.some((item) => 'buttons' in item && item.buttons?.length));
}

/** The card of a message. */
export function drawCard(card: Card, context: CardContext): Drawn {
  switch (card.kind) {
    case 'receipt':
      return drawReceipt({
        title: card.title ?? words.receipt, reference: card.reference ?? null, lines: card.lines ?? null, table: card.table ?? null,
        export: card.export ?? null,
      }, context.downloads);
    case 'case':
      return drawCase(card);
    case 'cases':
      return drawCases((card.items ?? []) as CaseItem[]);
    case 'tree':
      return drawTreeCard(card);
    case 'table':
      return drawTableCard(card);
    case 'directory':
      return drawDirectory(card, context);
    case 'requests':
      return drawRequests(card, context);
    case 'order':
      return card.order ? drawOrder(card.order, context) : nothing;
    case 'orders':
      return drawOrders(card, context);
    case 'orders_summary':
      return drawSummary(card, context);
    case 'order_export':
      return card.export ? framed(card.title ?? words.exportCard, drawExport(card.export, context.downloads)) : nothing;
    case 'links':
      return card.items?.length ? html`<div role="group" class="card" aria-label=${card.title ?? words.suggestions}>
        <ul class="items" role="list">${(card.items as LinkItem[]).map((item) => drawLink(item, context.base))}</ul>
      </div>` : nothing;
    default:
      return card.title || card.lines?.length ? html`<div role="group" class="card">
        ${card.title ? html`<div class="card-head"><h3>${card.title}</h3></div>` : nothing}
        ${drawLines(card.lines)}</div>` : nothing;
  }
}

/** What a card is to those who hear of it: its title, and how much there is in it. */
export function cardWords(card: Card): string {
  if (card.order) return [words.orderCard(card.order.number), card.order.delays?.[0]?.title].filter(Boolean).join(': ');
  const count = card.rows?.length ?? card.items?.length ?? card.orders?.length;
  const counted: Record<string, (count: number) => string> = {
    table: (rows) => words.rows(rows, rows, card.total ?? rows),
    tree: words.virtualAccounts,
    directory: words.accountsCount,
    requests: words.requestsCount,
    orders: words.ordersCount,
  };
  const told = count === undefined ? '' : counted[card.kind]?.(count) ?? '';
  return [card.title, told].filter(Boolean).join(': ');
}

export function drawSources(sources: readonly Source[] | null | undefined, base: string): Drawn {
  if (!sources?.length) return nothing;
  return html`<div class="sources"><h3>${words.sources}</h3><ul role="list">${sources.map((source) => {
    const url = safeUrl(source.url, base);
    return html`<li>${url ? outwardLink(url, source.title) : source.title}</li>`;
  })}</ul></div>`;
}
