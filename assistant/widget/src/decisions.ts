/** Confirming and cancelling cards: one call however often one presses, repeated until answered. */

import { type Api, backOff, Problem, Unreachable } from './api.ts';
import { Pause } from './pause.ts';
import { conversationPath } from './reading.ts';
import type { Proposal, Receipt, Reply } from './types.ts';
import { words } from './words.ts';

export type Decision = 'confirm' | 'cancel';

export interface Decided {
  proposal?: Proposal;
  receipt?: Receipt | null;
  replies?: Reply[];
}

// Together about a minute, in which a server that was started anew is back.
const TRIES = 10;
const LONGEST_PAUSE_MS = 8000;

export class Decisions {
  /** Proposals whose decision is under way, and why the server refused others. */
  readonly underWay = new Set<string>();
  readonly refusals = new Map<string, Problem>();
  readonly #api: Api;
  readonly #pause = new Pause();
  #closed = false;

  constructor(api: Api) {
    this.#api = api;
  }

  close(): void {
    this.#closed = true;
    this.#pause.end();
  }

  /** Try again now: the server can be reached again. */
  hurry(): void {
    this.#pause.end();
  }

  /** The server's answer, or null when it refused (then `refusals` says why). */
  async decide(conversation: string, proposal: string, decision: Decision): Promise<Decided | null> {
    this.underWay.add(proposal);
    this.refusals.delete(proposal);
    try {
      const card = `${conversationPath(conversation)}/proposals/${encodeURIComponent(proposal)}`;
      return await this.#insist(`${card}/${decision}`);
    } catch (error) {
      this.refusals.set(proposal, error instanceof Problem ? error : new Problem(0, words.unreachable));
      return null;
    } finally {
      this.underWay.delete(proposal);
    }
  }

  /** The proposal's id is the key of the write, so asking again after a broken answer is safe. */
  async #insist(path: string): Promise<Decided> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#api.post<Decided>(path, {});
      } catch (error) {
        const passes = error instanceof Unreachable || (error instanceof Problem && error.passes);
        if (!passes || attempt >= TRIES || this.#closed) throw error;
        const asked = error instanceof Problem ? error.retryAfter : null;
        await this.#pause.wait(asked === null ? backOff(attempt, LONGEST_PAUSE_MS) : asked * 1000);
      }
    }
  }
}
