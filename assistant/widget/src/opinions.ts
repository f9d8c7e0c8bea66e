/** What the person thinks of answers and of the conversation: sent, kept, and taken back. */

import type { Api } from './api.ts';
import type { Opinion } from './types.ts';

export class Opinions {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, conversationPath: string) {
    this.#api = api;
    this.#path = `${conversationPath}/feedback`;
  }

  /** Keep an opinion of message `about`, or of the whole when that is null; the opinion as it is now. */
  give(about: string | null, opinion: Opinion): Promise<Opinion> {
    return this.#api.post<Opinion>(this.#path, { ...(about ? { message_id: about } : {}), ...opinion });
  }

  async takeBack(about: string | null): Promise<null> {
    await this.#api.delete(about ? `${this.#path}?message_id=${encodeURIComponent(about)}` : this.#path);
    return null;
  }
}
