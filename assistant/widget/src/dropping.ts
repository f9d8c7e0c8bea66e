import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';

import { dragsFiles, filesOf, LARGEST_FILE, sizeWords } from './files.ts';
import { icons } from './icons.ts';
import { words } from './words.ts';

/** Takes files that are dropped anywhere on the panel, and says what may be dropped there. */
export class Dropping {
  readonly #host: ReactiveControllerHost;
  readonly #take: (files: File[]) => void;
  /** Entering a child comes before leaving its parent: both are counted. */
  #inside = 0;

  constructor(host: ReactiveControllerHost, take: (files: File[]) => void) {
    this.#host = host;
    this.#take = take;
  }

  #count(inside: number): void {
    if (Boolean(this.#inside) !== Boolean(inside)) this.#host.requestUpdate();
    this.#inside = inside;
  }

  readonly onDrag = (event: DragEvent): void => {
    if (!dragsFiles(event)) return;
    event.preventDefault();
    if (event.type === 'dragenter') this.#count(this.#inside + 1);
    if (event.type === 'dragleave') this.#count(Math.max(0, this.#inside - 1));
  };

  readonly onDrop = (event: DragEvent): void => {
    this.#count(0);
    const files = filesOf(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    this.#take(files);
  };

  draw(): TemplateResult | typeof nothing {
    return this.#inside ? html`<div class="dropping" aria-hidden="true">${icons.file}
      <strong>${words.dropHere}</strong><span>${words.fileKinds(sizeWords(LARGEST_FILE))}</span></div>` : nothing;
  }
}
