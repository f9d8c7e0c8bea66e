/** Draws parsed Markdown with templates, so that every word reaches the page as text. */

import { html, nothing, type TemplateResult } from 'lit';
import { type Block, type Inline, parseMarkdown } from './markdown.ts';
import type { Reply } from './types.ts';
import { words } from './words.ts';

type Drawn = TemplateResult | string | typeof nothing;

/** A link that leaves the page: in a new tab, and the page there learns nothing of ours. */
export function outwardLink(url: string, content: unknown): TemplateResult {
  return html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow">${content}<span
    class="sr-only"> ${words.opensNewTab}</span></a>`;
}

const REFERENCE = /\b([A-Z]{1,4}-\d{4,})\b/;

/** Case numbers stay on one line, so that they can be read out. */
function drawText(text: string): Drawn {
  if (!REFERENCE.test(text)) return text;
  return html`${text.split(REFERENCE).map((part, index) =>
    (index % 2 ? html`<span class="reference-number">${part}</span>` : part))}`;
}

function drawInline(part: Inline): Drawn {
  switch (part.kind) {
    case 'text': return drawText(part.text);
    case 'code': return html`<code>${part.text}</code>`;
    case 'break': return html`<br>`;
    case 'strong': return html`<strong>${part.parts.map(drawInline)}</strong>`;
    case 'emphasis': return html`<em>${part.parts.map(drawInline)}</em>`;
    case 'link': return outwardLink(part.url, part.parts.map(drawInline));
  }
}

function drawItem(blocks: Block[]): Drawn | Drawn[] {
  const [first, ...rest] = blocks;
  if (first?.kind !== 'paragraph') return blocks.map(drawBlock);
  return [html`${first.parts.map(drawInline)}`, ...rest.map(drawBlock)];
}

function drawBlock(block: Block): Drawn {
  switch (block.kind) {
    case 'paragraph': return html`<p>${block.parts.map(drawInline)}</p>`;
    case 'heading': return html`<p><strong>${block.parts.map(drawInline)}</strong></p>`;
    case 'code': return html`<pre tabindex="0"><code>${block.text}</code></pre>`;
    case 'list': {
      const items = block.items.map((item) => html`<li>${drawItem(item)}</li>`);
      return block.ordered
        ? html`<ol start=${block.start}>${items}</ol>`
        : html`<ul>${items}</ul>`;
    }
  }
}

export function prose(text: string): Drawn[] {
  return parseMarkdown(text).map(drawBlock);
}

const read = new WeakMap<object, Block[]>();

/** What is said in words. A list for those who see no card isn't said beside the card of it. */
function blocksOf({ text, engine, card }: Pick<Reply, 'text' | 'engine' | 'card'>): Block[] {
  const blocks = parseMarkdown(text);
  if (engine !== 'rasa' || card?.kind !== 'orders') return blocks;
  const begins = blocks.findIndex(({ kind }) => kind === 'list');
  return begins > 0 ? blocks.slice(0, begins) : blocks;
}

/** The prose of a stored message. Messages don't change, and long conversations are drawn often. */
export function proseOf(message: Reply): Drawn[] {
  const blocks = read.get(message) ?? blocksOf(message);
  read.set(message, blocks);
  return blocks.map(drawBlock);
}

function spoken(part: Inline): string {
  if (part.kind === 'break') return ' ';
  return 'text' in part ? part.text : part.parts.map(spoken).join('');
}

function say(block: Block): string {
  if (block.kind === 'code') return block.text;
  if (block.kind === 'list') return block.items.map((item) => item.map(say).join(' ')).join('. ');
  return block.parts.map(spoken).join('');
}

/** The words alone. */
export function plainWords(text: string): string {
  return parseMarkdown(text).map(say).join(' ');
}

/** The words alone of a message, for announcements. */
export function plainWordsOf(message: Reply): string {
  return blocksOf(message).map(say).join(' ');
}
