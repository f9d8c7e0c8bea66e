/** Dates and windows between the native inputs, the words that are sent, and the words people read. */

export interface Window {
  date: string;
  from: string;
  to: string;
}

export const EMPTY_WINDOW: Window = { date: '', from: '', to: '' };

export function isComplete(window: Window): boolean {
  return Boolean(window.date && window.from);
}

export function isBackwards(window: Window): boolean {
  return Boolean(window.from && window.to && window.to <= window.from);
}

/** ISO without a zone: the assistant reads it in the zone of the person's profile. */
export function windowText({ date, from, to }: Window): string {
  return to ? `${date}T${from} to ${date}T${to}` : `${date}T${from}`;
}

/** One hour later on the same day, where the day has one: how long a window lasts by default. */
export function hourLater(time: string): string {
  const [hours, minutes] = time.split(':').map(Number);
  if (hours === undefined || minutes === undefined || hours >= 23) return '';
  return `${String(hours + 1).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** Today's date in a time zone, as the native date input wants it. */
export function today(zone: string | null | undefined, now = new Date()): string {
  const format = (timeZone?: string): string =>
    new Intl.DateTimeFormat('en-CA', { ...(timeZone ? { timeZone } : {}), dateStyle: 'short' }).format(now);
  try {
    return format(zone ?? undefined);
  } catch {
    return format();
  }
}

const ONE = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?: to \1T(\d\d:\d\d))?$/;

/** How a person reads what the window control sent; other text comes back as it is. */
export function readable(text: string, locale?: string): string {
  const windows = text.split(', ').map((part) => ONE.exec(part));
  if (!windows.length || windows.some((match) => !match)) return text;
  return windows.map((match) => {
    const [, date, from, to] = match!;
    const day = new Date(`${date}T00:00:00Z`).toLocaleDateString(locale, {
      timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric',
    });
    return `${day}, ${from}${to ? `–${to}` : ''}`;
  }).join('\n');
}
