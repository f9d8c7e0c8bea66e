// A line that breaks and is back within this time is no news for anybody.
const NEWS_AFTER_MS = 1500;

/** Whether the assistant can be reached, as far as people should be told. */
export class Reachability {
  online = true;
  readonly #changed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  set(yes: boolean): void {
    clearTimeout(this.#timer);
    if (yes === this.online) return;
    if (yes || !navigator.onLine) this.#tell(yes);
    else this.#timer = setTimeout(() => this.#tell(yes), NEWS_AFTER_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #tell(yes: boolean): void {
    this.online = yes;
    this.#changed();
  }
}
