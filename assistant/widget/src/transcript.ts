/** What has been said, in order, each message once, and what this person has still to get through. */

import type { Problem } from './api.ts';
import type { Ask, Opinion, Proposal, Reply } from './types.ts';

/** What is sent: words, an offer that was pressed (with its title), or a file. */
export type Said =
  | { text: string; in_reply_to?: string }
  | { payload: string; title: string }
  | { file_id: string; title: string };

/** A message on its way. `id` makes sending it again harmless. */
export interface Outgoing {
  id: string;
  said: Said;
  at: string;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  problem: Problem | null;
}

export function shownText(said: Said): string {
  return 'text' in said ? said.text : said.title;
}

function normalised(reply: Reply): Reply {
  return { ...reply, id: String(reply.id), text: reply.text ?? '' };
}

function sequence(reply: Reply): number | null {
  const number = /^\d+$/.test(reply.id) ? Number(reply.id) : (reply as { seq?: unknown }).seq;
  return typeof number === 'number' ? number : null;
}

/** Whether `a` was said after `b`: by their numbers where both have one, else by their times. */
function isAfter(a: Reply, b: Reply): boolean {
  const [first, second] = [sequence(a), sequence(b)];
  if (first !== null && second !== null) return first > second;
  return Date.parse(a.at) > Date.parse(b.at);
}

export class Transcript {
  messages: Reply[] = [];
  outgoing: Outgoing[] = [];
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** How many messages of others came after message `seen`; none when that one isn't here. */
  unreadAfter(seen: string | null): number {
    const position = this.messages.findIndex((message) => message.id === seen);
    const unseen = position < 0 ? [] : this.messages.slice(position + 1);
    return unseen.filter((message) => message.role !== 'user').length;
  }

  get last(): Reply | null {
    return this.messages.at(-1) ?? null;
  }

  clear(): void {
    this.messages = [];
    this.outgoing = [];
    this.#ids.clear();
  }

  /** Take in stored messages, in whatever order they reach us. Returns those that are new here. */
  add(replies: readonly Reply[]): Reply[] {
    const fresh: Reply[] = [];
    for (const raw of replies) {
      const reply = normalised(raw);
      if (this.#ids.has(reply.id)) {
        this.messages = this.messages.map((known) => (known.id === reply.id ? reply : known));
        continue;
      }
      this.#ids.add(reply.id);
      if (reply.role === 'user') this.#settle(reply);
      this.#insert(reply);
      fresh.push(reply);
    }
    if (fresh.some((reply) => reply.proposal?.status === 'open')) this.#supersedeOlder();
    return fresh;
  }

  #insert(reply: Reply): void {
    let position = this.messages.length;
    while (position > 0 && isAfter(this.messages[position - 1]!, reply)) position -= 1;
    this.messages = this.messages.toSpliced(position, 0, reply);
  }

  /** The server's copy of something we sent takes the place of our own. */
  #settle(reply: Reply): void {
    const { client_message_id: sent, text } = reply;
    let index = sent ? this.outgoing.findIndex((out) => out.id === sent) : -1;
    if (index < 0 && !sent) {
      const onItsWay = (out: Outgoing): boolean => out.state !== 'failed';
      index = this.outgoing.findIndex((out) => onItsWay(out) && shownText(out.said).trim() === text.trim());
      if (index < 0) index = this.outgoing.findIndex((out) => onItsWay(out) && !('text' in out.said));
    }
    if (index >= 0) this.outgoing = this.outgoing.toSpliced(index, 1);
  }

  /** One proposal is open at a time: a newer card closes the older ones without asking again. */
  #supersedeOlder(): void {
    const open = this.messages.filter((message) => message.proposal?.status === 'open');
    for (const older of open.slice(0, -1)) {
      this.setProposal({ ...older.proposal!, status: 'superseded' });
    }
  }

  setProposal(proposal: Proposal): void {
    this.messages = this.messages.map((message) =>
      message.proposal?.id === proposal.id
        ? { ...message, proposal: { ...message.proposal, ...proposal } }
        : message);
  }

  setFeedback(id: string, feedback: Opinion | null): void {
    this.messages = this.messages.map((message) => (message.id === id ? { ...message, feedback } : message));
  }

  /** The message that carries the card which still waits for an answer, if there is one. */
  get openProposal(): Reply | null {
    return this.messages.findLast((message) => message.proposal?.status === 'open') ?? null;
  }

  /**
   * Everything said since the person last spoke or settled a card; only these still offer buttons
   * and questions.
   */
  get turn(): Reply[] {
    if (this.outgoing.some((out) => out.state === 'waiting' || out.state === 'sending')) return [];
    const answered = this.messages.findLastIndex(({ role, proposal }) =>
      role === 'user' || (proposal && proposal.status !== 'open'));
    return this.messages.slice(answered + 1);
  }

  /** The message that asks the open question. */
  get asking(): Reply | null {
    return this.turn.findLast((reply) => reply.ask) ?? null;
  }

  get ask(): Ask | null {
    return this.asking?.ask ?? null;
  }

  put(out: Outgoing): void {
    this.outgoing = [...this.outgoing, out];
  }

  change(id: string, changes: Partial<Outgoing>): void {
    this.outgoing = this.outgoing.map((out) => (out.id === id ? { ...out, ...changes } : out));
  }

  remove(id: string): void {
    this.outgoing = this.outgoing.filter((out) => out.id !== id);
  }
}
