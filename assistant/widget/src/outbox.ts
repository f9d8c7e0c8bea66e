/** Delivers what the person says: one after the other, as often as needed, never twice. */

import { type Api, backOff, Problem, Unreachable } from './api.ts';
import { Pause } from './pause.ts';
import type { Outgoing, Said, Transcript } from './transcript.ts';
import type { Reply } from './types.ts';

export interface OutboxListener {
  changed(): void;
  /** The server has answered this message; `replies` are what the assistant said to it. */
  answered(out: Outgoing, replies: Reply[]): Promise<void>;
  /** The server can or cannot be reached. */
  reached(yes: boolean): void;
  unauthorized(): void;
}

export class Outbox {
  /** When the turn under way began (milliseconds), null between turns. */
  turnSince: number | null = null;
  readonly #api: Api;
  readonly #conversation: string;
  readonly #transcript: Transcript;
  readonly #listener: OutboxListener;
  readonly #closed = new AbortController();
  readonly #pause = new Pause();
  #delivering = false;

  constructor(api: Api, conversation: string, transcript: Transcript, listener: OutboxListener) {
    this.#api = api;
    this.#conversation = conversation;
    this.#transcript = transcript;
    this.#listener = listener;
  }

  close(): void {
    this.#closed.abort();
    this.#pause.end();
  }

  /** Say something. It shows at once and is delivered as soon as the network lets it through. */
  put(said: Said): void {
    this.#transcript.put({
      id: crypto.randomUUID(), said, at: new Date().toISOString(), state: 'waiting', problem: null,
    });
    this.hurry();
  }

  retry(id: string): void {
    this.#transcript.change(id, { state: 'waiting', problem: null });
    this.hurry();
  }

  /** Deliver what waits, now: something was added, or the network is back. */
  hurry(): void {
    this.#pause.end();
    void this.#deliverAll();
    this.#listener.changed();
  }

  async #deliverAll(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (;;) {
        const next = this.#transcript.outgoing.find((out) => out.state === 'waiting');
        if (!next || this.#closed.signal.aborted || !(await this.#deliver(next))) return;
      }
    } finally {
      this.#delivering = false;
      this.turnSince = null;
      this.#listener.changed();
    }
  }

  /** True when the next message may follow; false when nothing can be delivered for now. */
  async #deliver(out: Outgoing): Promise<boolean> {
    for (let attempt = 1; !this.#closed.signal.aborted; attempt += 1) {
      this.#transcript.change(out.id, { state: 'sending' });
      this.turnSince ??= Date.now();
      this.#listener.changed();
      try {
        const answer = await this.#post(out);
        this.#listener.reached(true);
        await this.#listener.answered(out, answer.replies ?? []);
        this.turnSince = null;
        return true;
      } catch (error) {
        if (this.#closed.signal.aborted) return false;
        this.turnSince = null;
        const wait = this.#retryIn(error, attempt);
        if (wait === null) return this.#giveUp(out, error);
        this.#transcript.change(out.id, { state: 'waiting' });
        this.#listener.changed();
        await this.#pause.wait(wait);
      }
    }
    return false;
  }

  #post(out: Outgoing): Promise<{ replies?: Reply[] }> {
    const { said } = out;
    // The title of an offer is for the transcript only: the server knows its own offers.
    const { title: _, ...words } = { title: '', ...said };
    return this.#api.post(
      `/conversations/${encodeURIComponent(this.#conversation)}/messages`,
      { client_message_id: out.id, ...words },
      { signal: this.#closed.signal },
    );
  }

  /** Milliseconds until another try is due, or null when trying again would change nothing. */
  #retryIn(error: unknown, attempt: number): number | null {
    if (error instanceof Unreachable) {
      this.#listener.reached(false);
      return backOff(attempt);
    }
    if (!(error instanceof Problem) || !error.passes) return null;
    if (error.status !== 429) this.#listener.reached(false);
    return error.retryAfter === null ? backOff(attempt) : error.retryAfter * 1000;
  }

  #giveUp(out: Outgoing, error: unknown): boolean {
    if (error instanceof Problem && error.status === 401) {
      this.#transcript.change(out.id, { state: 'waiting' });
      this.#listener.unauthorized();
      return false;
    }
    const problem = error instanceof Problem ? error : new Problem(0, {});
    this.#transcript.change(out.id, { state: 'failed', problem });
    return true;
  }
}

