/** What order cards say and count: everything about them that needs no page. */

import type { Button, Order, OrderDelay, OrderExport, OrderSummary, TimelineStep } from './types.ts';
import { words } from './words.ts';

export type OrderFilter = 'all' | 'delayed' | 'unassigned';
export const ORDER_FILTERS: readonly OrderFilter[] = ['all', 'delayed', 'unassigned'];

const PASSES: Record<OrderFilter, (order: Order) => boolean> = {
  all: () => true,
  delayed: (order) => Boolean(order.delays?.length),
  unassigned: (order) => order.assignment_status === 'unassigned',
};

export function filtered(orders: readonly Order[], filter: OrderFilter): Order[] {
  return orders.filter(PASSES[filter]);
}

/** What a search in the list looks at. */
export function orderText(order: Order): string {
  const { number, web_order_number: web, end_customer: customer, assignment, delays, status } = order;
  return [number, web, customer, status?.replaceAll('_', ' '), assignment?.smart_account, assignment?.name,
    ...(delays ?? []).map(({ title }) => title)].filter(Boolean).join(' ');
}

/**
 * What pressing a button of an order says. It is what one could have typed, so any engine
 * understands it, also in a conversation that another one began. Null for what has no words here.
 */
export function sentence(operation: string, order: Order, delay?: OrderDelay): string | null {
  const { number } = order;
  switch (operation) {
    case 'assign_order':
      return isAssigned(order) ? `Move order ${number} to another account` : `Assign order ${number}`;
    case 'change_provisioning_contact':
      return `Change the provisioning contact of order ${number}`;
    case 'resend_provisioning_mail':
      return `Resend the set-up mail of order ${number}`;
    case 'accept_notice': {
      const account = noticeOf(order, delay);
      return account ? `Accept the Smart Licensing Notice of ${account}` : null;
    }
    case 'open_case':
      return `Open a case about order ${number}`;
    case 'delegate_order':
      return `Let somebody else assign order ${number}`;
    case 'follow_order':
      return `Follow order ${number}`;
    case 'unfollow_order':
      return `Stop following order ${number}`;
    case 'get_order':
      return `Show order ${number}`;
    default:
      return null;
  }
}

/** The account whose notice is meant: the one that the lines stand on which a delay is about. */
function noticeOf(order: Order, delay?: OrderDelay): string | null {
  const lines = (order.lines ?? []).filter(({ number }) => !delay?.lines?.length || delay.lines.includes(number));
  const [first] = [...lines, order].flatMap(({ assignment }) => assignment?.smart_account ?? []);
  return first ?? null;
}

/** The operation that a payload asks for: `/assign_order{"order_number":"4100001"}`. */
function operationOf(payload: string): string {
  return /^\/(\w+)/.exec(payload)?.[1] ?? '';
}

/** The button that was offered for an operation on an order: its payload leaves nothing to guess. */
export function offered(buttons: readonly Button[], operation: string): Button | null {
  return buttons.find(({ payload }) => operationOf(payload) === operation) ?? null;
}

/** Whether an order's card has a button for this itself, whoever else offers it. */
export function hasButton(order: Order, { title, payload }: Button): boolean {
  const operations = [...(order.delays ?? []).map((delay) => helping(order, delay)), ...ways(order)];
  return operations.some((operation) => operation !== null
    && (operation === operationOf(payload) || sentence(operation, order) === title));
}

/** The operation that helps with a delay, if the person may call it and we have words for it. */
export function helping(order: Order, delay: OrderDelay): string | null {
  const { operation } = delay;
  if (!operation || !sentence(operation, order, delay)) return null;
  const anybody = ['open_case', 'accept_notice'].includes(operation) || !order.you_may;
  return anybody || order.you_may?.includes(operation) ? operation : null;
}

function isAssigned(order: Order): boolean {
  return !['unassigned', 'not_applicable', undefined, null].includes(order.assignment_status);
}

/** What else one may do with an order, beside what its delays offer; few, most useful first. */
export function ways(order: Order): string[] {
  const offered = new Set((order.delays ?? []).map(({ operation }) => operation));
  const may = new Set(order.you_may ?? []);
  const wanted = ['assign_order', 'delegate_order', order.following ? 'unfollow_order' : 'follow_order'];
  return wanted.filter((operation) => may.has(operation) && !offered.has(operation) && sentence(operation, order));
}

/** Whether a delay keeps the order from going on, or is only good to know. */
export function blocks(delay: Pick<OrderDelay, 'severity'>): boolean {
  return delay.severity !== 'informational';
}

export type StepState = 'done' | 'now' | 'ahead' | 'missed';

/**
 * The steps with where each stands. Now is what has begun and isn't done, else the first that
 * isn't; once an order has ended, nothing lies ahead of it.
 */
export function walked(steps: readonly TimelineStep[]): (TimelineStep & { state: StepState })[] {
  const ended = steps.some(({ step, done }) => done && ['closed', 'cancelled'].includes(step));
  const begun = steps.findIndex(({ at, done }) => at && !done);
  const now = begun < 0 ? steps.findIndex(({ done }) => !done) : begun;
  return steps.map((step, index) => ({
    ...step, state: step.done ? 'done' : ended ? 'missed' : index === now ? 'now' : 'ahead',
  }));
}

/** Days in the person's words; the day of an ISO time, short. */
export function day(iso: string | null | undefined): string {
  const date = new Date(iso ?? '');
  if (Number.isNaN(date.getTime())) return '';
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year });
}

/** The account and virtual account that an order's licences are for, in words. */
export function whereWords(order: Order): string {
  const { assignment, assignment_status: status } = order;
  if (assignment?.smart_account) {
    const { name, smart_account: domain, virtual_account: place } = assignment;
    const account = name && name !== domain ? `${name} (${domain})` : domain;
    return place ? `${account}, ${place}` : account;
  }
  if (assignment) return words.assignedSomewhere;
  return words.assignment[status ?? 'unassigned'] ?? words.assignment['assigned']!;
}

export interface Bar {
  label: string;
  count: number;
  /** Of the longest bar, from 0 to 100. */
  share: number;
}

/** Bars of a summary, in the order in which orders go on; what there is none of is left out. */
export function bars(counts: Record<string, number> | null | undefined, labelOf: (key: string) => string): Bar[] {
  const shown = Object.entries(counts ?? {}).filter(([, count]) => count > 0);
  const most = Math.max(1, ...shown.map(([, count]) => count));
  return shown.map(([key, count]) => ({ label: labelOf(key), count, share: Math.max(1, Math.round((count / most) * 100)) }));
}

/** How many there are of the summary's first numbers. */
export function firstNumbers(summary: OrderSummary): { filter: OrderFilter; count: number }[] {
  return [
    { filter: 'all', count: summary.total },
    { filter: 'delayed', count: summary.delayed },
    { filter: 'unassigned', count: summary.unassigned },
  ];
}

export type ExportPhase = 'working' | 'ready' | 'failed' | 'gone';

const OVER: Record<string, ExportPhase> = {
  ready: 'ready', done: 'ready', finished: 'ready', completed: 'ready',
  failed: 'failed', expired: 'gone', cancelled: 'gone',
};

/** Where a download stands. */
export function exportPhase(download: OrderExport, now: number): ExportPhase {
  const phase = OVER[download.status] ?? 'working';
  const ends = Date.parse(download.expires_at ?? '');
  return phase === 'ready' && ends <= now ? 'gone' : phase;
}

/** The share that is done, from 0 to 1; null while nobody knows how much there is. */
export function exportShare({ done, total }: OrderExport): number | null {
  return total ? Math.min(1, (done ?? 0) / total) : null;
}
