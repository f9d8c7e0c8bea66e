import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { drawSearch } from '../controls/longlist.ts';
import { icons } from '../icons.ts';
import { valueWords } from '../lines.ts';
import { matching } from '../listed.ts';
import { cellsToPaste, csv, fileName } from '../sheet.ts';
import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import { table } from '../styles/table.ts';
import type { Column, Table } from '../types.ts';
import { outcomeWords, statusWords, words } from '../words.ts';

type Row = Record<string, unknown>;

// More rows than one looks through: then there is a field that filters.
const MANY_ROWS = 20;
// Drawn at first, and more whenever the end comes near.
const PIECE = 60;
const NEAR_END = 600;
// For so many columns there are styles that make a row a small card where they don't fit.
const MOST_STYLED = 5;
const SHOWN_MS = 2500;

/** A table that scrolls in its own box: it can be filtered, copied and taken away as a CSV file. */
export class TableCard extends LitElement {
  static override styles = [base, controls, table];
  static override properties = {
    table: { attribute: false }, query: { state: true }, drawn: { state: true }, said: { state: true },
  };

  declare table: Table;
  declare query: string;
  /** How many rows are in the page by now. */
  declare drawn: number;
  declare said: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.query = '';
    this.drawn = PIECE;
    this.said = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query')) this.drawn = PIECE;
  }

  get #rows(): Row[] {
    const { columns, rows } = this.table;
    return matching(rows, this.query, (row) => columns.map((column) => cellWords(column, row)).join(' '));
  }

  get #title(): string {
    return this.table.title ?? words.table;
  }

  #cells(): string[][] {
    const { columns } = this.table;
    return [
      columns.map((column) => column.label),
      ...this.#rows.map((row) => columns.map((column) => cellWords(column, row))),
    ];
  }

  #say(said: string): void {
    clearTimeout(this.#timer);
    this.said = said;
    this.#timer = setTimeout(() => { this.said = ''; }, SHOWN_MS);
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(cellsToPaste(this.#cells()));
      this.#say(words.copiedRows(this.#rows.length));
    } catch {
      this.#say(words.notCopied);
    }
  }

  #download(): void {
    const url = URL.createObjectURL(new Blob([csv(this.#cells())], { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = fileName(this.#title);
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    this.#say(words.savedAs(link.download));
  }

  readonly #onScroll = (event: Event): void => {
    const box = event.currentTarget as HTMLElement;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END) this.#drawMore();
  };

  #drawMore(): void {
    if (this.drawn < this.#rows.length) this.drawn += PIECE;
  }

  #drawRow(row: Row, index: number): TemplateResult {
    return html`<tr role="row" aria-rowindex=${index + 2}>${this.table.columns.map((column, at) => html`<td
      role=${at ? 'cell' : 'rowheader'} class=${cellWords(column, row) ? '' : 'empty'}><span class="label"
      aria-hidden="true">${column.label}</span><span>${drawCell(column, row)}</span></td>`)}</tr>`;
  }

  #drawTable(rows: Row[]): TemplateResult {
    const { columns } = this.table;
    return html`<div class="box columns-${Math.min(columns.length, MOST_STYLED)}" tabindex="0" role="region" aria-label=${this.#title} @scroll=${this.#onScroll}>
      <table role="table" aria-rowcount=${rows.length + 1}>
        <thead role="rowgroup"><tr role="row" aria-rowindex="1">${columns.map((column) => html`<th role="columnheader"
          scope="col">${column.label}</th>`)}</tr></thead>
        <tbody role="rowgroup">${repeat(rows.slice(0, this.drawn), (row) => row, (row, index) => this.#drawRow(row, index))}</tbody>
      </table>
      ${rows.length > this.drawn ? html`<button type="button" class="text-button more"
        @click=${() => this.#drawMore()}>${words.moreRows(rows.length - this.drawn)}</button>` : nothing}
    </div>`;
  }

  override render(): TemplateResult {
    const { rows: all, total } = this.table;
    const rows = this.#rows;
    const there = Math.max(total ?? 0, all.length);
    return html`
      ${all.length > MANY_ROWS ? html`<div class="filter">${drawSearch({
        query: this.query,
        label: words.filterRows,
        changed: (query) => { this.query = query; },
        entered: () => this.renderRoot.querySelector<HTMLElement>('.box')?.focus(),
      }, this.renderRoot)}</div>` : nothing}
      ${rows.length ? this.#drawTable(rows) : html`<p class="none">${all.length ? words.noRowMatches : words.noRows}</p>`}
      <div class="foot">
        <span class="hint" role="status">${this.said || words.rows(rows.length, all.length, there)}</span>
        ${rows.length ? html`<span class="takes">
          <button type="button" class="text-button" @click=${() => this.#copy()}>${icons.copy}${words.copyRows}</button>
          <button type="button" class="text-button" @click=${() => this.#download()}>${icons.download}${words.downloadCsv}</button>
        </span>` : nothing}
      </div>`;
  }
}

/** A cell in words; what became of a row, in ours. */
function cellWords(column: Column, row: Row): string {
  const value = row[column.key];
  if (column.key === 'status' && typeof value === 'string') return outcomeWords(value) ?? statusWords(value);
  return value === null || value === undefined || value === '' ? '' : valueWords(value).replaceAll('\n', ', ');
}

const OUTCOME_ICONS: Record<string, unknown> = {
  added: icons.plus, changed: icons.compose, skipped: icons.minus, failed: icons.close,
  assigned: icons.check, unchanged: icons.minus,
};

function drawCell(column: Column, row: Row): unknown {
  const text = cellWords(column, row);
  const value = String(row[column.key] ?? '');
  if (column.key !== 'status' || !outcomeWords(value)) return text || '—';
  return html`<span class="outcome ${value}">${OUTCOME_ICONS[value]}${text}</span>`;
}

/** A table, for a card that has its title already. */
export function drawTable(shown: Table): TemplateResult {
  return html`<ask-licensing-table .table=${shown}></ask-licensing-table>`;
}
