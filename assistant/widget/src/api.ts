/** HTTP to the assistant: one place for sign-in, errors and what may be tried again. */

export type GetToken = (options: { refresh: boolean }) => string | null | Promise<string | null>;

interface ProblemBody {
  title?: string;
  detail?: string;
  hint?: string;
  errors?: unknown[];
}

/** An answer that is not a success: its words (RFC 9457) and, for 429 and 503, when to come back. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  /** Seconds the server asked us to wait, or null. */
  readonly retryAfter: number | null;

  constructor(status: number, body: ProblemBody, retryAfter: number | null = null) {
    super(body.title ?? `Answer ${status}`);
    this.status = status;
    this.title = plain(body.title) || 'That did not work';
    this.detail = plain(body.detail);
    // The hint on wrong fields is for programs; `detail` says to people which and why.
    this.hint = body.errors?.length ? '' : plain(body.hint);
    this.retryAfter = retryAfter;
  }

  /** What went wrong and what to do, as sentences. */
  get sentences(): string {
    return [this.title, this.detail, this.hint].filter(Boolean).map(sentence).join(' ');
  }

  /** Whether the same request may succeed later without anybody changing it. */
  get passes(): boolean {
    return this.status >= 500 || [408, 425, 429].includes(this.status);
  }
}

/** The server could not be reached, or went silent: always worth another try. */
export class Unreachable extends Error {}

const SILENCE_MS = 75_000;
const LONGEST_WORDS = 600;

/** Keep a problem's words to one readable sentence or two, never a page of somebody's proxy. */
function plain(words: unknown): string {
  return typeof words === 'string' ? words.trim().slice(0, LONGEST_WORDS) : '';
}

function sentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}

function secondsToWait(response: Response): number | null {
  const header = response.headers.get('Retry-After');
  if (!header) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(header) - Date.now();
  return Number.isFinite(until) ? Math.max(0, until / 1000) : null;
}

/** Read an unsuccessful answer into a `Problem`; anything but problem+json keeps only its status. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {};
  if ((response.headers.get('Content-Type') ?? '').includes('json')) {
    try {
      const read: unknown = await response.json();
      if (read && typeof read === 'object') body = read as ProblemBody;
    } catch {
      // A cut or false JSON body says nothing that a person could use.
    }
  }
  return new Problem(response.status, body, secondsToWait(response));
}

/** What came of a request that could report its progress, in the shape of all others. */
function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of ['Content-Type', 'Retry-After']) {
    const value = request.getResponseHeader(name);
    if (value) headers.set(name, value);
  }
  return new Response(request.responseText, { status: request.status, headers });
}

export class Api {
  readonly base: string;
  readonly #getToken: GetToken;

  /** `base` is the assistant's origin, without the path of the API; empty means this page's own. */
  constructor(base: string, getToken: GetToken) {
    this.base = base.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
    this.#getToken = getToken;
  }

  /** Fetch with the person's token, or the session cookie where the page has no token. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    let response = await this.#once(path, init, false);
    if (response.status === 401 && (await this.#getToken({ refresh: false }))) {
      response = await this.#once(path, init, true);
    }
    return response;
  }

  async #once(path: string, init: RequestInit, refresh: boolean): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = await this.#getToken({ refresh });
    if (token) headers.set('Authorization', `Bearer ${token}`);
    try {
      return await fetch(`${this.base}/api/v1${path}`, {
        ...init,
        headers,
        credentials: token ? 'omit' : 'same-origin',
        cache: 'no-store',
      });
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }

  async #json<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
    const silence = AbortSignal.timeout(SILENCE_MS);
    const both = signal ? AbortSignal.any([signal, silence]) : silence;
    const response = await this.fetch(path, { ...init, signal: both });
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }

  /** Send a form and say how far it got, which `fetch` can't. Broken off, it rejects as such. */
  async upload<T>(path: string, form: FormData, sending: Sending): Promise<T> {
    let response = await this.#send(path, form, sending, false);
    if (response.status === 401 && (await this.#getToken({ refresh: false }))) {
      response = await this.#send(path, form, sending, true);
    }
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as T;
  }

  async #send(path: string, form: FormData, { progress, signal }: Sending, refresh: boolean): Promise<Response> {
    const token = await this.#getToken({ refresh });
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', `${this.base}/api/v1${path}`);
      request.setRequestHeader('Accept', 'application/json');
      if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
      request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
        if (lengthComputable) progress(loaded / total);
      };
      request.onload = () => resolve(responseOf(request));
      request.onerror = () => reject(new Unreachable(path));
      request.onabort = () => reject(signal.reason);
      signal.addEventListener('abort', () => request.abort(), { once: true });
      request.send(form);
    });
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#json<T>(path, { headers: { Accept: 'application/json' } }, signal);
  }

  /** `key` makes asking again harmless: the server answers a known key as it did the first time. */
  post<T>(path: string, body: unknown, options: { signal?: AbortSignal; key?: string } = {}): Promise<T> {
    const { signal, key } = options;
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (key) headers['Idempotency-Key'] = key;
    if (body instanceof FormData) return this.#json<T>(path, { method: 'POST', body, headers }, signal);
    headers['Content-Type'] = 'application/json';
    return this.#json<T>(path, { method: 'POST', body: JSON.stringify(body), headers }, signal);
  }

  delete<T>(path: string): Promise<T> {
    return this.#json<T>(path, { method: 'DELETE', headers: { Accept: 'application/json' } });
  }
}

/** Where an upload is reported to, and how it is broken off. */
export interface Sending {
  /** The share that has been sent, from 0 to 1. */
  progress(share: number): void;
  signal: AbortSignal;
}

/** Milliseconds until the next try: doubling from one second to `most`, spread by up to a fifth. */
export function backOff(attempt: number, most = 30_000): number {
  const delay = Math.min(most, 1000 * 2 ** Math.max(0, attempt - 1));
  return delay * (0.9 + Math.random() * 0.2);
}
