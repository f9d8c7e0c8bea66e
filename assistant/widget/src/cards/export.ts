import { html, LitElement, nothing, type TemplateResult } from 'lit';

import { backOff, Problem } from '../api.ts';
import { sizeWords } from '../files.ts';
import { day, exportPhase, exportShare } from '../orders.ts';
import { base } from '../styles/base.ts';
import { orders } from '../styles/orders.ts';
import type { OrderExport } from '../types.ts';
import { words } from '../words.ts';

const LONGEST_PAUSE_MS = 8000;

/** How a card comes to a file: where it stands by now, and its content. */
export interface Downloads {
  look(id: string): Promise<OrderExport>;
  fetch(id: string): Promise<Blob>;
}

/** A file that the server makes: how far it is, then the button that fetches it. */
export class ExportCard extends LitElement {
  static override styles = [base, orders];
  static override properties = { download: { attribute: false }, downloads: { attribute: false }, now: { state: true }, said: { state: true } };

  /** As it stood when the card was made. */
  declare download: OrderExport;
  declare downloads: Downloads;
  /** As it stands by now. */
  declare now: OrderExport | null;
  declare said: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looks = 0;

  constructor() {
    super();
    this.now = null;
    this.said = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // An old card tells what it knows; only the server knows whether the file is still there.
    this.#timer = setTimeout(() => void this.#look(), 0);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    this.#looks += 1;
    try {
      this.now = await this.downloads.look(this.download.id);
    } catch (error) {
      if (error instanceof Problem && [404, 410].includes(error.status)) {
        this.now = { ...this.download, status: 'expired' };
      }
    }
    const settled = this.now && exportPhase(this.now, Date.now()) !== 'working';
    if (!settled && this.isConnected) this.#timer = setTimeout(() => void this.#look(), backOff(this.#looks, LONGEST_PAUSE_MS));
  }

  async #fetch(): Promise<void> {
    this.said = '';
    try {
      const url = URL.createObjectURL(await this.downloads.fetch(this.download.id));
      const link = document.createElement('a');
      link.href = url;
      link.download = `orders.${this.#format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
      this.said = words.savedAs(link.download);
    } catch (error) {
      this.said = error instanceof Problem ? error.sentences : words.exportBroken;
    }
  }

  get #format(): string {
    return (this.now ?? this.download).format ?? 'csv';
  }

  #drawWorking(shown: OrderExport): TemplateResult {
    const share = exportShare(shown);
    return html`<p role="status">${words.exportWaits}</p>
      ${share === null ? html`<progress aria-label=${words.exportWaits}></progress>`
        : html`<progress max="1" value=${share} aria-label=${words.exportWaits}></progress>
          <span class="hint">${words.exportDone(shown.done ?? 0, shown.total ?? 0)}</span>`}`;
  }

  override render(): TemplateResult {
    const shown = this.now ?? this.download;
    const phase = exportPhase(shown, Date.now());
    if (phase === 'working') return html`<div class="export">${this.#drawWorking(shown)}</div>`;
    if (phase !== 'ready') {
      const told = phase === 'gone' ? words.exportGone : `${words.exportFailed} ${shown.problem ?? ''}`.trim();
      return html`<div class="export"><p role="status">${told}</p></div>`;
    }
    const until = day(shown.expires_at);
    const holds = [shown.total ? words.ordersCount(shown.total) : '', shown.size ? sizeWords(shown.size) : ''];
    return html`<div class="export"><p role="status">${words.exportReady} ${until ? words.exportUntil(until) : nothing}</p>
      <div class="row"><button type="button" class="plain" @click=${() => this.#fetch()}>${words.exportFetch(this.#format)}</button>
        <span class="hint" role="status">${this.said || holds.filter(Boolean).join(', ')}</span></div></div>`;
  }
}
