/** Who is typing: the agent, as far as we are told, and this person, told to the agent now and then. */

const SHOWN_MS = 6000;
const EVERY_MS = 3000;

export class Typing {
  /** Name of the agent who is typing right now, or empty. */
  name = '';
  readonly #changed: () => void;
  #over: ReturnType<typeof setTimeout> | undefined;
  #told = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Somebody types; unless it is said again, that is over in a few seconds. */
  heard(name: string): void {
    clearTimeout(this.#over);
    this.#over = setTimeout(() => this.stop(), SHOWN_MS);
    if (this.name === name) return;
    this.name = name;
    this.#changed();
  }

  stop(): void {
    clearTimeout(this.#over);
    if (!this.name) return;
    this.name = '';
    this.#changed();
  }

  /** Whether it is time to tell the other side again that this person types. */
  isDue(now: number): boolean {
    if (now - this.#told < EVERY_MS) return false;
    this.#told = now;
    return true;
  }
}
