/** What the server keeps, takes and sends of one conversation. */

import type { Api, Sending } from './api.ts';
import type { ServerEvent } from './sse.ts';
import type { Page, Reply, Standing } from './types.ts';

export function conversationPath(id: string): string {
  return `/conversations/${encodeURIComponent(id)}`;
}

/** All messages after the one with id `after` (exclusive), oldest first. */
export async function history(api: Api, id: string, after: string | null = null): Promise<Reply[]> {
  const replies: Reply[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '200' });
    if (after !== null) query.set('after', after);
    if (cursor) query.set('cursor', cursor);
    const page: Page<Reply> = await api.get(`${conversationPath(id)}/messages?${query}`);
    replies.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return replies;
}

/** Put a file into the conversation. Returns the id by which it is sent as a message. */
export async function upload(api: Api, id: string, file: File, sending: Sending): Promise<string> {
  const form = new FormData();
  form.set('file', file, file.name);
  const stored = await api.upload<{ file_id: string }>(`${conversationPath(id)}/files`, form, sending);
  return stored.file_id;
}

/** What one event of the stream means to us. */
export type Heard =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'delta'; text: string }
  | { kind: 'standing'; standing: Standing }
  | { kind: 'typing'; name: string }
  | { kind: 'nothing' };

export function heard(event: ServerEvent): Heard {
  const content = parsed(event.data);
  if (event.event === 'delta') {
    const words = content?.text ?? content?.delta;
    const text = typeof words === 'string' ? words : content === null ? event.data : '';
    return { kind: 'delta', text };
  }
  if (content?.id !== undefined && typeof content.role === 'string') {
    return { kind: 'reply', reply: content as unknown as Reply };
  }
  if (event.event === 'typing' && typeof content?.name === 'string') return { kind: 'typing', name: content.name };
  if (typeof content?.status === 'string') return { kind: 'standing', standing: content as unknown as Standing };
  return { kind: 'nothing' };
}

function parsed(data: string): Record<string, unknown> | null {
  try {
    const content: unknown = JSON.parse(data);
    return content && typeof content === 'object' ? (content as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
