/**
 * A small, safe part of Markdown, read into plain values. Whatever is not understood, HTML
 * included, stays text: nothing here can make an element, load an image or run a script.
 */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'strong' | 'emphasis'; parts: Inline[] }
  | { kind: 'link'; url: string; parts: Inline[] };

export type Block =
  | { kind: 'paragraph' | 'heading'; parts: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] };

const SAFE_SCHEMES = new Set(['http:', 'https:', 'mailto:']);
const MOST_NESTING = 4;

/** The address if a person may be sent there: absolute http(s) or mailto, or a path of `base`. */
export function safeUrl(address: string | null | undefined, base = ''): string | null {
  if (!address) return null;
  try {
    const local = /^\/(?![/\\])/.test(address);
    const url = local && base ? new URL(address, base) : new URL(address);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const CODE = /`([^`\n]+)`/y;
const LINK = /!?\[([^[\]\n]+)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?\s*\)/y;
const STRONG = /\*\*(?=\S)((?:[^*\n]|\*(?!\*))+?)(?<=\S)\*\*(?!\*)|__(?=\S)((?:[^_\n]|_(?!_))+?)(?<=\S)__(?!\w)/y;
const EMPHASIS = /\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?!\*)|_(?=[^\s_])([^_\n]+?)(?<=\S)_(?!\w)/y;
const ADDRESS = /https?:\/\/[^\s<>"'`]+/y;
const ESCAPED = /\\([\\`*_[\]()#+\-.!>])/y;

interface Found {
  inline: Inline;
  length: number;
}

function at(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function link(text: string, position: number, depth: number): Found | null {
  const match = at(LINK, text, position);
  if (!match) return null;
  const url = safeUrl(match[2]);
  const parts = inlines(match[1]!, depth + 1);
  const inline: Inline = url ? { kind: 'link', url, parts } : { kind: 'text', text: match[0] };
  return { inline, length: match[0].length };
}

function address(text: string, position: number): Found | null {
  const match = at(ADDRESS, text, position);
  if (!match) return null;
  const shown = match[0].replace(/[.,;:!?)\]*_]+$/, '');
  const url = safeUrl(shown);
  if (!url) return null;
  return { inline: { kind: 'link', url, parts: [{ kind: 'text', text: shown }] }, length: shown.length };
}

function emphasised(text: string, position: number, depth: number): Found | null {
  const inWord = text[position] === '_' && /\w/.test(text[position - 1] ?? '');
  if (inWord) return null;
  for (const [kind, pattern] of [['strong', STRONG], ['emphasis', EMPHASIS]] as const) {
    const match = at(pattern, text, position);
    if (match) {
      const parts = inlines((match[1] ?? match[2])!, depth + 1);
      return { inline: { kind, parts }, length: match[0].length };
    }
  }
  return null;
}

function find(text: string, position: number, depth: number): Found | null {
  switch (text[position]) {
    case '`': {
      const match = at(CODE, text, position);
      return match && { inline: { kind: 'code', text: match[1]! }, length: match[0].length };
    }
    case '\\': {
      const match = at(ESCAPED, text, position);
      return match && { inline: { kind: 'text', text: match[1]! }, length: 2 };
    }
    case '\n':
      return { inline: { kind: 'break' }, length: 1 };
    case '[':
    case '!':
      return link(text, position, depth);
    case '*':
    case '_':
      return emphasised(text, position, depth);
    case 'h':
      return address(text, position);
    default:
      return null;
  }
}

function inlines(text: string, depth = 0): Inline[] {
  if (depth > MOST_NESTING) return [{ kind: 'text', text }];
  const parts: Inline[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain) parts.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let position = 0; position < text.length;) {
    const found = find(text, position, depth);
    if (found) {
      flush();
      parts.push(found.inline);
      position += found.length;
    } else {
      plain += text[position];
      position += 1;
    }
  }
  flush();
  return parts;
}

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/;
const ITEM = /^(\s*)(?:[-*+•]|(\d{1,4})[.)])\s+(.*)$/;

class Reader {
  readonly #lines: string[];
  #position = 0;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  blocks(depth: number): Block[] {
    const blocks: Block[] = [];
    while (this.#position < this.#lines.length) {
      const line = this.#lines[this.#position]!;
      if (!line.trim()) this.#position += 1;
      else if (FENCE.test(line)) blocks.push(this.#code());
      else if (HEADING.test(line)) blocks.push(this.#heading(line));
      else if (ITEM.test(line) && depth < MOST_NESTING) blocks.push(this.#list(depth));
      else blocks.push(this.#paragraph(depth));
    }
    return blocks;
  }

  #code(): Block {
    const fence = FENCE.exec(this.#lines[this.#position]!)![1]!;
    const start = this.#position + 1;
    let end = start;
    while (end < this.#lines.length && !this.#lines[end]!.trim().startsWith(fence)) end += 1;
    this.#position = end + 1;
    return { kind: 'code', text: this.#lines.slice(start, end).join('\n') };
  }

  #heading(line: string): Block {
    this.#position += 1;
    return { kind: 'heading', parts: inlines(HEADING.exec(line)![1]!) };
  }

  #paragraph(depth: number): Block {
    const start = this.#position;
    do this.#position += 1; while (!this.#ends(this.#lines[this.#position], depth));
    const text = this.#lines.slice(start, this.#position).map((line) => line.trim()).join('\n');
    return { kind: 'paragraph', parts: inlines(text) };
  }

  #ends(line: string | undefined, depth: number): boolean {
    if (line === undefined || !line.trim()) return true;
    return FENCE.test(line) || HEADING.test(line) || (depth < MOST_NESTING && ITEM.test(line));
  }

  /** Items are lines of one indent; deeper lines belong to the item above them. */
  #list(depth: number): Block {
    const [, indent, number] = ITEM.exec(this.#lines[this.#position]!)!;
    const ordered = number !== undefined;
    const items: Block[][] = [];
    for (;;) {
      const match = ITEM.exec(this.#lines[this.#position] ?? '');
      if (!match || match[1]!.length !== indent!.length || (match[2] !== undefined) !== ordered) break;
      const lines = [match[3]!];
      this.#position += 1;
      while (this.#belongs(indent!.length)) {
        lines.push(this.#lines[this.#position]!.slice(indent!.length + 2));
        this.#position += 1;
      }
      items.push(new Reader(lines).blocks(depth + 1));
    }
    return { kind: 'list', ordered, start: Number(number ?? 1), items };
  }

  #belongs(indent: number): boolean {
    const line = this.#lines[this.#position];
    return line !== undefined && line.trim() !== '' && /^\s*/.exec(line)![0].length >= indent + 2;
  }
}

export function parseMarkdown(text: string): Block[] {
  return new Reader(text.replace(/\r\n?/g, '\n').split('\n')).blocks(0);
}
