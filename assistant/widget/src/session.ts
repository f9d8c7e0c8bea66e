/** One person's talk with one assistant: begins or resumes it, keeps it current, says what is new. */

import { type Api, backOff, Problem, problemOf, type Sending, Unreachable } from './api.ts';
import type { Downloads } from './cards/export.ts';
import { type Decided, type Decision, Decisions } from './decisions.ts';
import { Live, type LiveListener } from './live.ts';
import { Memory } from './memory.ts';
import { Opinions } from './opinions.ts';
import { Outbox } from './outbox.ts';
import { Pause } from './pause.ts';
import { Reachability } from './reachability.ts';
import { conversationPath, heard, history, upload } from './reading.ts';
import type { ServerEvent } from './sse.ts';
import { type Outgoing, type Said, Transcript } from './transcript.ts';
import type { Conversation, Opinion, Page, Person, Receipt, Reply } from './types.ts';

export interface SessionOptions {
  api: Api;
  portal: string;
  engine: string | null;
}

export interface SessionListener {
  changed(): void;
  /** Messages that were not there before (history after a reload is not new). */
  arrived(replies: Reply[]): void;
  unauthorized(): void;
  receipt(receipt: Receipt): void;
}

/**
 * idle: nothing to resume and nobody has opened the panel. starting: asking the server.
 * ready: there is a conversation. signed-out, failed: needs the person.
 */
export type Phase = 'idle' | 'starting' | 'ready' | 'signed-out' | 'failed';

export class Session implements LiveListener {
  phase: Phase = 'idle';
  problem: Problem | null = null;
  person: Person | null = null;
  conversation: Conversation | null = null;
  readonly transcript = new Transcript();
  unread = 0;
  /** Words of an answer that is still being written. */
  delta = '';
  readonly api: Api;
  readonly decisions: Decisions;
  /** Receipts that no message carries, by proposal. */
  readonly receipts = new Map<string, Receipt>();
  #clockOffset: number | null = null;

  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  #memory: Memory | null = null;
  #live: Live | null = null;
  #outbox: Outbox | null = null;
  #cursor: string | null = null;
  #starting: Promise<void> | null = null;
  #wanted = false;
  #watched = false;
  #ended = false;
  readonly #pause = new Pause();
  readonly #reachability = new Reachability(() => this.#changed());

  constructor(options: SessionOptions, listener: SessionListener) {
    this.#options = options;
    this.#listener = listener;
    this.api = options.api;
    this.decisions = new Decisions(options.api);
  }

  /** Server time minus ours in milliseconds, as far as we can tell. */
  get clockOffset(): number {
    return this.#clockOffset ?? 0;
  }

  get online(): boolean {
    return this.#reachability.online;
  }

  get turnSince(): number | null {
    return this.#outbox?.turnSince ?? null;
  }

  /** Go on with what was there. Without anything to resume, a conversation begins only if `begin`. */
  start(begin: boolean): Promise<void> {
    this.#wanted ||= begin;
    if (this.phase === 'ready') return Promise.resolve();
    this.#starting ??= this.#start().finally(() => { this.#starting = null; });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.problem = null;
    this.#enter('starting');
    for (let attempt = 1; !this.#ended; attempt += 1) {
      try {
        this.person ??= await this.api.get<Person>('/me');
        this.#memory ??= new Memory(this.api.base, this.person.email, this.#options.portal);
        if (!(await this.#resume()) && this.#wanted) await this.#begin(this.#memory);
        this.#reachability.set(true);
        return this.#enter(this.conversation ? 'ready' : 'idle');
      } catch (error) {
        if (this.#failedToStart(error)) return;
        const asked = error instanceof Problem ? error.retryAfter : null;
        await this.#pause.wait(asked === null ? backOff(attempt) : asked * 1000);
      }
    }
  }

  #failedToStart(error: unknown): boolean {
    if (this.#ended) return true;
    if (error instanceof Problem && error.status === 401) {
      this.unauthorized();
      return true;
    }
    if (error instanceof Unreachable || (error instanceof Problem && error.passes)) {
      this.problem = error instanceof Problem ? error : null;
      this.#reachability.set(false);
      return false;
    }
    this.problem = error instanceof Problem ? error : new Problem(0, {});
    this.#enter('failed');
    return true;
  }

  async #resume(): Promise<boolean> {
    const id = this.#memory?.conversation;
    if (!id) return false;
    try {
      const conversation = await this.api.get<Conversation>(conversationPath(id));
      await this.#adopt(conversation, await history(this.api, id));
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || ![403, 404].includes(error.status)) throw error;
      this.#memory?.forget();
      return false;
    }
  }

  /** One tab at a time begins one, so that two tabs opened at once share it. */
  async #begin(memory: Memory): Promise<void> {
    const key = crypto.randomUUID();
    const begin = async (): Promise<void> => {
      if (await this.#resume()) return;
      const { portal, engine } = this.#options;
      const body = engine ? { portal, engine } : { portal };
      const made = await this.api.post<Conversation & { replies?: Reply[] }>(
        '/conversations', body, { key });
      memory.remember(made.id, null);
      await this.#adopt(made, made.replies ?? []);
      this.#listener.arrived(this.transcript.messages);
    };
    await (navigator.locks ? navigator.locks.request(memory.key, begin) : begin());
  }

  async #adopt(conversation: Conversation, replies: Reply[]): Promise<void> {
    this.#letGo();
    this.conversation = conversation;
    this.transcript.clear();
    this.transcript.add(replies);
    this.#cursor = this.transcript.last?.id ?? null;
    this.#countUnread();
    this.#outbox = new Outbox(this.api, conversation.id, this.transcript, {
      changed: () => this.#changed(),
      answered: (out, answer) => this.#answered(out, answer),
      reached: (yes) => this.#reachability.set(yes),
      unauthorized: () => this.unauthorized(),
    });
    const known = new Set(this.transcript.messages.map((message) => message.client_message_id));
    for (const out of this.#memory?.undelivered(conversation.id) ?? []) {
      if (!known.has(out.id)) this.transcript.put(out);
    }
    this.#outbox.hurry();
    this.#listen();
  }

  #letGo(): void {
    this.#live?.close();
    this.#outbox?.close();
    this.#live = null;
    this.#outbox = null;
    this.delta = '';
  }

  // --- what arrives -------------------------------------------------------------------------

  #listen(): void {
    if (!this.conversation || this.#live || document.hidden || this.#ended) return;
    this.#live = new Live(this.api, this.conversation.id, this.#cursor, this);
  }

  event(event: ServerEvent): void {
    const what = heard(event);
    if (what.kind === 'reply') {
      this.#cursor = event.id ?? String(what.reply.id);
      this.#receive([what.reply]);
    } else if (what.kind === 'delta') {
      this.delta += what.text;
      this.#changed();
    } else if (what.kind === 'status' && this.conversation) {
      this.conversation = { ...this.conversation, status: what.status };
      this.#changed();
    }
  }

  connected(open: boolean): void {
    this.#reachability.set(open);
    if (!open) return;
    this.#outbox?.hurry();
    this.decisions.hurry();
  }

  refused(problem: Problem): void {
    this.#live = null;
    if (problem.status === 401) this.unauthorized();
  }

  #receive(replies: Reply[]): void {
    const waited = this.transcript.openProposal;
    const fresh = this.transcript.add(replies);
    const said = fresh.filter((reply) => reply.role !== 'user');
    if (said.length) {
      this.delta = '';
      this.#listener.arrived(said);
      if (said.some((reply) => reply.role !== 'bot')) void this.#rereadStatus();
      if (waited && this.transcript.openProposal?.id === waited.id) void this.#recheck(waited);
    }
    this.#countUnread();
    this.#keep();
    this.#changed();
  }

  /** Somebody other than the bot spoke: the conversation may have changed hands. */
  async #rereadStatus(): Promise<void> {
    const id = this.conversation?.id;
    if (!id) return;
    const conversation = await this.api.get<Conversation>(conversationPath(id)).catch(() => null);
    if (!conversation || this.conversation?.id !== id) return;
    this.conversation = conversation;
    this.#changed();
  }

  async #answered(out: Outgoing, replies: Reply[]): Promise<void> {
    // An answer is as old as the moment or, when it is a repeated one, older: the latest counts.
    const offset = Date.parse(replies.at(-1)?.at ?? '') - Date.now();
    if (!Number.isNaN(offset)) this.#clockOffset = Math.max(this.#clockOffset ?? offset, offset);
    const onItsWay = (): boolean => this.transcript.outgoing.some((other) => other.id === out.id);
    if (onItsWay()) {
      // The stream hasn't shown us the stored copy of this message: fetch it, so that it stands
      // before its answer and not after.
      const current = await this.#sync().then(() => true, () => false);
      if (onItsWay() && current) this.transcript.remove(out.id);
      else if (onItsWay()) this.transcript.change(out.id, { state: 'sent' });
    }
    this.#receive(replies);
  }

  async #sync(): Promise<void> {
    if (!this.conversation) return;
    const { id } = this.conversation;
    const replies = await history(this.api, id, this.#cursor);
    if (this.conversation?.id !== id) return;
    if (replies.length) this.#cursor = String(replies.at(-1)!.id);
    this.#receive(replies);
  }

  /** Read an open card again: it may have been answered by words, elsewhere, or by the clock. */
  async #recheck(card: Reply): Promise<void> {
    const id = this.conversation?.id;
    if (!id) return;
    const { messages } = this.transcript;
    const before = messages[messages.findIndex((message) => message.id === card.id) - 1]?.id ?? null;
    const replies = await history(this.api, id, before).catch(() => []);
    if (this.conversation?.id !== id) return;
    this.transcript.add(replies.filter((reply) => this.transcript.has(String(reply.id))));
    this.#changed();
  }

  recheckOpenCard(): void {
    const card = this.transcript.openProposal;
    if (card) void this.#recheck(card);
  }

  // --- what the person does -----------------------------------------------------------------

  say(said: Said): void {
    this.#outbox?.put(said);
    this.#keep();
  }

  retry(id: string): void {
    this.#outbox?.retry(id);
    this.#keep();
  }

  discard(id: string): void {
    this.transcript.remove(id);
    this.#keep();
    this.#changed();
  }

  async upload(file: File, sending: Sending): Promise<void> {
    const id = this.conversation?.id;
    if (!id) return;
    const file_id = await upload(this.api, id, file, sending);
    if (this.conversation?.id === id) this.say({ file_id, title: file.name });
  }

  /** Confirm or cancel a card. Pressing twice, or asking again after a break, has one effect. */
  async decide(proposal: string, decision: Decision): Promise<void> {
    const { conversation, decisions } = this;
    if (!conversation || decisions.underWay.has(proposal)) return;
    const deciding = decisions.decide(conversation.id, proposal, decision);
    this.#changed();
    const decided = await deciding;
    if (decided) this.#decided(proposal, decided);
    else if (decisions.refusals.get(proposal)?.status === 401) this.unauthorized();
    else await this.#sync().then(() => this.recheckOpenCard(), () => undefined);
    this.#changed();
  }

  #decided(id: string, answer: Decided): void {
    if (answer.proposal) this.transcript.setProposal({ ...answer.proposal, id });
    const replies = answer.replies ?? [];
    if (answer.receipt) {
      if (!replies.some((reply) => reply.card?.kind === 'receipt')) this.receipts.set(id, answer.receipt);
      this.#listener.receipt(answer.receipt);
    }
    this.#receive(replies);
  }

  /** Keep an opinion of a message, or of the whole when `about` is null; without one, take it back. */
  async opine(about: string | null, opinion: Opinion | null): Promise<void> {
    const { conversation } = this;
    if (!conversation) return;
    const opinions = new Opinions(this.api, conversationPath(conversation.id));
    const feedback = opinion ? await opinions.give(about, opinion) : await opinions.takeBack(about);
    if (this.conversation?.id !== conversation.id) return;
    if (about) this.transcript.setFeedback(about, feedback);
    else this.conversation = { ...this.conversation, feedback };
    this.#changed();
  }

  /** How cards come to the files that the server makes. */
  readonly downloads: Downloads = {
    look: (id) => this.api.get(`/order-exports/${encodeURIComponent(id)}`),
    fetch: async (id) => {
      const response = await this.api.fetch(`/order-exports/${encodeURIComponent(id)}/file`);
      if (!response.ok) throw await problemOf(response);
      return response.blob();
    },
  };

  async past(): Promise<Conversation[]> {
    return (await this.api.get<Page<Conversation>>('/conversations?limit=30')).items;
  }

  /** Put this conversation away and begin another. */
  startOver(): Promise<void> {
    this.#memory?.forget();
    return this.#restart();
  }

  /** Go on with an earlier conversation of this person. */
  goTo(conversation: string): Promise<void> {
    this.#memory?.remember(conversation, null);
    return this.#restart();
  }

  #restart(): Promise<void> {
    this.#letGo();
    this.conversation = null;
    this.transcript.clear();
    this.#enter('starting');
    return this.start(true);
  }

  // --- being looked at, being reachable -------------------------------------------------------

  /** Whether the person has the transcript on screen: then nothing is unread. */
  watch(watched: boolean): void {
    this.#watched = watched;
    this.#countUnread();
    this.#changed();
  }

  /** The tab was hidden or is back: hidden tabs hold no connection (browsers allow six an origin). */
  visible(yes: boolean): void {
    if (!yes) {
      this.#live?.close();
      this.#live = null;
      return;
    }
    if (!this.conversation) return;
    this.#sync().then(() => this.recheckOpenCard(), () => undefined).finally(() => this.#listen());
  }

  networkBack(): void {
    this.#pause.end();
    this.#live?.hurry();
    this.#outbox?.hurry();
  }

  networkGone(): void {
    this.#reachability.set(false);
  }

  end(): void {
    this.#ended = true;
    this.#reachability.end();
    this.#letGo();
    this.decisions.close();
    this.#pause.end();
  }

  unauthorized(): void {
    this.#letGo();
    this.person = null;
    this.#memory = null;
    this.#enter('signed-out');
    this.#listener.unauthorized();
  }

  #countUnread(): void {
    const isSeen = this.#watched && !document.hidden;
    const last = this.transcript.last;
    if (isSeen && last && this.conversation) this.#memory?.remember(this.conversation.id, last.id);
    this.unread = isSeen ? 0 : this.transcript.unreadAfter(this.#memory?.seen ?? null);
  }

  #keep(): void {
    if (this.conversation) this.#memory?.keepUndelivered(this.conversation.id, this.transcript.outgoing);
  }

  #enter(phase: Phase): void {
    this.phase = phase;
    this.#changed();
  }

  #changed(): void {
    if (!this.#ended) this.#listener.changed();
  }
}
