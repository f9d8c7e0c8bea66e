/** Files that a person wants to send: what is wrong with one is said before it is on its way. */

import { words } from './words.ts';

/** Largest file that the assistant takes, in bytes. */
export const LARGEST_FILE = 10 * 1024 * 1024;

/**
 * A file on its way; `sent` is the share that has arrived, `problem` why it is not going on, and
 * `passes` whether the same file may get through later.
 */
export interface Upload {
  file: File;
  sent: number;
  problem: string;
  passes: boolean;
}

const PICTURES = new Set(['image/png', 'image/jpeg']);
const PROGRAMS = /\.(?:exe|dll|msi|bat|cmd|com|scr|ps1|dmg|pkg|app|iso|apk|deb|rpm)$/i;
const SPREADSHEETS = /\.(?:xlsx?|xlsm|xlsb|ods|numbers)$/i;

/** `10 MB`, `256 KB`, `12 bytes`. */
export function sizeWords(bytes: number): string {
  const [unit, size] = bytes >= 1024 ** 2 ? ['MB', 1024 ** 2] : bytes >= 1024 ? ['KB', 1024] : ['bytes', 1];
  const amount = bytes / size;
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${unit}`;
}

/** Whether a file's name is one of these endings, like `.csv`. */
function isOneOf(name: string, endings: readonly string[]): boolean {
  return endings.some((ending) => name.toLowerCase().endsWith(ending.toLowerCase()));
}

/** What is wrong with a file, in words; null when it may be tried. The server has the last word. */
export function whyNot(file: File, accept: readonly string[] = []): string | null {
  const { name, size, type } = file;
  if (!size) return words.emptyFile(name);
  if (size > LARGEST_FILE) return words.largeFile(name, sizeWords(size), sizeWords(LARGEST_FILE));
  if (accept.length && !isOneOf(name, accept)) {
    return SPREADSHEETS.test(name) && accept.includes('.csv')
      ? words.spreadsheet(name) : words.otherFile(name, accept.join(', '));
  }
  const [kind = ''] = type.split('/');
  const wrongPicture = kind === 'image' && !PICTURES.has(type);
  return wrongPicture || ['video', 'audio'].includes(kind) || PROGRAMS.test(name) ? words.wrongFile(name) : null;
}

/** The files of a drop or a paste; text that is dragged has none. */
export function filesOf(transfer: DataTransfer | null): File[] {
  return [...(transfer?.files ?? [])];
}

/** Whether files are being dragged, as far as a browser says before they are dropped. */
export function dragsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
