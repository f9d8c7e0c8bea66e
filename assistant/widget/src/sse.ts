/** Server-sent events over fetch: EventSource can send neither a token nor a first Last-Event-ID. */

export interface ServerEvent {
  event: string;
  data: string;
  /** The id on this very event; null when it carried none (token deltas don't). */
  id: string | null;
  retry: number | null;
}

/** Takes text in any cuts and gives whole events (WHATWG HTML, "Server-sent events"). */
export class EventParser {
  #rest = '';
  #data: string[] = [];
  #event = '';
  #id: string | null = null;
  #retry: number | null = null;
  #started = false;

  push(chunk: string): ServerEvent[] {
    let text = this.#rest + chunk;
    if (!this.#started && text) {
      text = text.replace(/^\uFEFF/, '');
      this.#started = true;
    }
    // A lone CR at the end may be half of CRLF: wait for what follows.
    const held = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = held.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(held.length);
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line);
      if (event) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value);
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id, retry: this.#retry };
    const empty = this.#data.length === 0;
    this.#data = [];
    this.#event = '';
    this.#id = null;
    this.#retry = null;
    return empty ? null : event;
  }
}
