/** The open line to one conversation: reads its event stream and comes back when it breaks. */

import { type Api, backOff, Problem, problemOf } from './api.ts';
import { Pause } from './pause.ts';
import { EventParser, type ServerEvent } from './sse.ts';

export interface LiveListener {
  event(event: ServerEvent): void;
  /** The line is open, or it broke and is being tried again. */
  connected(open: boolean): void;
  /** The server refused for good: not signed in (401), or no such conversation (403, 404). */
  refused(problem: Problem): void;
}

// The server pings every 15 s; three missed pings mean that nobody is there any more.
const SILENCE_MS = 47_000;
const END_PAUSE_MS = 500;

export class Live {
  readonly #api: Api;
  readonly #path: string;
  readonly #listener: LiveListener;
  readonly #closed = new AbortController();
  readonly #pause = new Pause();
  #cursor: string | null;

  /** Starts at once, with what comes after message `cursor` (everything when null). */
  constructor(api: Api, conversation: string, cursor: string | null, listener: LiveListener) {
    this.#api = api;
    this.#path = `/conversations/${encodeURIComponent(conversation)}/stream`;
    this.#cursor = cursor;
    this.#listener = listener;
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
    this.#pause.end();
  }

  /** Try again now instead of waiting for the back-off: the network is back. */
  hurry(): void {
    this.#pause.end();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closed.signal.aborted) {
      let wait = END_PAUSE_MS;
      try {
        await this.#read(() => { failures = 0; });
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        if (error instanceof Problem && !error.passes) {
          this.#listener.refused(error);
          return;
        }
        failures += 1;
        this.#listener.connected(false);
        const asked = error instanceof Problem ? error.retryAfter : null;
        wait = asked === null ? backOff(failures) : asked * 1000;
      }
      if (!this.#closed.signal.aborted) await this.#pause.wait(wait);
    }
  }

  async #read(arrived: () => void): Promise<void> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, attempt.signal]);
    let watchdog = setTimeout(() => attempt.abort(), SILENCE_MS);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.#cursor !== null) headers['Last-Event-ID'] = this.#cursor;
      const response = await this.#api.fetch(this.#path, { headers, signal });
      if (!response.ok || !response.body) throw await problemOf(response);
      this.#listener.connected(true);
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        arrived();
        clearTimeout(watchdog);
        watchdog = setTimeout(() => attempt.abort(), SILENCE_MS);
        for (const event of parser.push(value)) this.#take(event);
      }
    } finally {
      clearTimeout(watchdog);
      attempt.abort();
    }
  }

  #take(event: ServerEvent): void {
    if (this.#closed.signal.aborted) return;
    if (event.id) this.#cursor = event.id;
    this.#listener.event(event);
  }
}
