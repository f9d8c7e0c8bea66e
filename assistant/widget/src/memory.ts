/** What the browser keeps so that a reload goes on where the person was. Never any words of the bot. */

import type { Outgoing } from './transcript.ts';

interface Kept {
  conversation: string;
  /** Id of the last message the person has had on screen. */
  seen: string | null;
}

const PREFIX = 'ask-licensing';

/** Storage may be full, forbidden or absent (sandboxed frames): then nothing is kept, silently. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Belongs to one assistant, one person and one portal. */
export class Memory {
  readonly key: string;

  constructor(base: string, person: string, portal: string) {
    this.key = [PREFIX, base, person, portal].join('|');
  }

  /** Whether anybody has talked to this assistant in this browser: if not, nothing need be asked. */
  static knowsSomebody(base: string): boolean {
    const start = `${PREFIX}|${base}|`;
    return attempt(() => Object.keys(localStorage).some((key) => key.startsWith(start))) ?? false;
  }

  #read(): Kept | null {
    return attempt(() => JSON.parse(localStorage.getItem(this.key) ?? 'null') as Kept | null);
  }

  get conversation(): string | null {
    return this.#read()?.conversation ?? null;
  }

  get seen(): string | null {
    return this.#read()?.seen ?? null;
  }

  remember(conversation: string, seen: string | null): void {
    attempt(() => localStorage.setItem(this.key, JSON.stringify({ conversation, seen })));
  }

  forget(): void {
    attempt(() => localStorage.removeItem(this.key));
  }

  /** What was not delivered when the page went away. Per tab: another tab has its own. */
  undelivered(conversation: string): Outgoing[] {
    const kept = attempt(() => JSON.parse(
      sessionStorage.getItem(`${this.key}|${conversation}`) ?? '[]') as Outgoing[]);
    return Array.isArray(kept) ? kept.map((out) => ({ ...out, state: 'waiting', problem: null })) : [];
  }

  keepUndelivered(conversation: string, outgoing: readonly Outgoing[]): void {
    const left = outgoing.filter((out) => out.state === 'waiting' || out.state === 'sending');
    const key = `${this.key}|${conversation}`;
    attempt(() => (left.length
      ? sessionStorage.setItem(key, JSON.stringify(left))
      : sessionStorage.removeItem(key)));
  }
}
