/** Facts in words: a label and a value a line, in cards, receipts and tables. */

import { html, nothing, type TemplateResult } from 'lit';

import type { Line } from './types.ts';
import { words } from './words.ts';

/** A value in words: lists one below the other, yes and no for truth values. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (Array.isArray(value)) return value.map(valueWords).join('\n');
  if (typeof value === 'object') return Object.values(value).map(valueWords).join(', ');
  return String(value);
}

// What is longer reads better across the whole card, below its label.
const LONG = 120;

export function drawLines(lines: readonly Line[] | null | undefined): TemplateResult | typeof nothing {
  if (!lines?.length) return nothing;
  return html`<dl>${lines.map(({ label, value }) => html`<div class=${typeof value === 'string' && value.length > LONG ? 'long' : ''}>
    <dt>${label}</dt><dd>${valueWords(value)}</dd></div>`)}</dl>`;
}
