/** What the panel does for those who don't look at its end: announcing, and keeping the place. */

import { html, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

type Host = ReactiveControllerHost & { readonly renderRoot: HTMLElement | DocumentFragment };

const MOST_SAID = 5;

/**
 * Speaks new messages to screen readers, and only those.
 *
 * The transcript itself is a silent log: live, it would read out all history after a reload, the
 * seconds of a card that runs out, and the name of every button beside a message.
 */
export class Announcer {
  readonly #host: Host;
  #said: { id: number; text: string }[] = [];
  #count = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  say(text: string): void {
    if (!text.trim()) return;
    this.#count += 1;
    this.#said = [...this.#said, { id: this.#count, text }].slice(-MOST_SAID);
    this.#host.requestUpdate();
  }

  draw(): TemplateResult {
    return html`<div class="sr-only announcer" aria-live="polite" aria-relevant="additions">${
      repeat(this.#said, ({ id }) => id, ({ text }) => html`<p>${text}</p>`)}</div>`;
  }
}

/** What has the focus below a shadow root, through the roots in it. */
export function focusedIn(root: ShadowRoot): HTMLElement | null {
  let focused = root.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused as HTMLElement | null;
}

function sizeOf(scroller: HTMLElement): string {
  return [scroller.clientWidth, scroller.clientHeight, scroller.scrollHeight].join();
}

const NEAR_END = 80;
const MARGIN = 12;

/** Keeps the end in view while the person is there, and starts a long answer at its beginning. */
export class Scroll {
  readonly #host: Host;
  #atEnd = true;
  #first: string | null = null;
  /** How often it is being placed right now; a scroll meanwhile is not the person's. */
  #placing = 0;
  #size = '';
  readonly #growth = new ResizeObserver(() => this.settle());
  hasMore = false;

  constructor(host: Host) {
    this.#host = host;
  }

  get #scroller(): HTMLElement | null {
    return this.#host.renderRoot.querySelector('.scroller');
  }

  /**
   * A new answer has come. It should be seen from its first message on; from null, its end: there
   * it asks something.
   */
  expect(first: string | null): void {
    if (this.#atEnd) this.#first = first;
    else this.hasMore = true;
  }

  /** Follow the growth of the scroller's content, and the scroller when a keyboard takes its room. */
  follow(content: Element | null): void {
    this.#growth.disconnect();
    for (const element of [content, content?.parentElement]) if (element) this.#growth.observe(element);
  }

  toEnd(smoothly = false): void {
    this.#atEnd = true;
    this.#first = null;
    this.hasMore = false;
    if (smoothly) {
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight, behavior: calm ? 'auto' : 'smooth' });
    }
    this.#host.requestUpdate();
  }

  readonly onScroll = (): void => {
    const scroller = this.#scroller;
    if (!scroller || this.#placing) return;
    // Turned, zoomed, or with less room: then the browser has scrolled, not the person.
    if ((this.#atEnd || this.#first) && this.#size !== sizeOf(scroller)) return this.settle();
    // Wherever the person goes is where they stay.
    this.#first = null;
    this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    if (this.#atEnd && this.hasMore) {
      this.hasMore = false;
      this.#host.requestUpdate();
    }
  };

  /** After drawing. Parts draw themselves a moment later, so it looks again on the next frame. */
  settle(): void {
    if (!this.#atEnd && !this.#first) return;
    this.#placing += 1;
    requestAnimationFrame(() => {
      this.#place();
      requestAnimationFrame(() => { this.#placing -= 1; });
    });
  }

  #place(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    const end = scroller.scrollHeight - scroller.clientHeight;
    const first = this.#first && scroller.querySelector<HTMLElement>(`[data-id="${CSS.escape(this.#first)}"]`);
    const start = first
      ? first.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - MARGIN
      : end;
    scroller.scrollTop = Math.min(start, end);
    this.#size = sizeOf(scroller);
  }
}
