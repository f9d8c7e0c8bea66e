/** A list as one line of text: what ticking off sends, and what a person could have typed. */

const NEEDS_QUOTES = /[",;\n]|^\s|\s$/;

/** Items joined by commas; one that holds a comma itself stands in quotation marks. */
export function listed(items: readonly string[]): string {
  const quoted = (item: string): string => `"${item.replaceAll('"', '""')}"`;
  return items.map((item) => (NEEDS_QUOTES.test(item) ? quoted(item) : item)).join(', ');
}

/** Items of what somebody typed; the other way round. */
export function itemsOf(text: string): string[] {
  const parts = text.match(/"(?:[^"]|"")+"(?=\s*(?:[,;\n]|$))|[^\s,;\n][^,;\n]*/g) ?? [];
  return parts.map((part) => (part.length > 2 && part.startsWith('"') && part.endsWith('"')
    ? part.slice(1, -1).replaceAll('""', '"') : part.trim()));
}

/** Which of these have all words of the query in their text. */
export function matching<T>(items: readonly T[], query: string, textOf: (item: T) => string): T[] {
  const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!parts.length) return [...items];
  return items.filter((item) => {
    const text = textOf(item).toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}
