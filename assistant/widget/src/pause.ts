/** A wait that can be cut short: back-off ends early when the network is back or all is over. */
export class Pause {
  #wake: (() => void) | null = null;

  wait(ms: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = (): void => { clearTimeout(timer); resolve(); };
    }).finally(() => { this.#wake = null; });
  }

  end(): void {
    this.#wake?.();
  }
}
