/** Rows for a spreadsheet: a CSV file, or cells to paste. Nothing in them is ever a formula. */

export type Row = readonly string[];

// What spreadsheets take for the beginning of a formula (also after blanks, and full-width forms).
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/;
const NUMBER = /^-?\d+(?:[.,]\d+)?$/;

/** A cell that is read as text; a number stays one. */
export function harmless(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}

function csvCell(cell: string): string {
  const safe = harmless(cell);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180, with the mark that makes Excel read it as UTF-8. */
export function csv(rows: readonly Row[]): string {
  return `\uFEFF${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** Cells separated by tabs, as spreadsheets take them from the clipboard. */
export function cellsToPaste(rows: readonly Row[]): string {
  return rows.map((row) => row.map((cell) => harmless(cell.replace(/[\t\r\n]+/g, ' '))).join('\t')).join('\n');
}

/** `Users of Northwind Networks` → `users-of-northwind-networks.csv`. */
export function fileName(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return `${words.join('-').slice(0, 60) || 'table'}.csv`;
}
