import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Api, Problem, problemOf } from '../src/api.ts';
import { Outbox } from '../src/outbox.ts';
import { Transcript } from '../src/transcript.ts';

interface Posted { client_message_id: string; [key: string]: unknown }

/** A server that answers with what stands in `script`, then with success. */
function serverOf(...script: Error[]): { api: Api; posted: Posted[] } {
  const posted: Posted[] = [];
  const post = async (_path: string, body: Posted): Promise<unknown> => {
    posted.push(body);
    const failure = script.shift();
    if (failure) throw failure;
    return { replies: [] };
  };
  return { api: { post } as unknown as Api, posted };
}

async function deliver(api: Api, ...said: Parameters<Outbox['put']>[0][]): Promise<{
  transcript: Transcript; refused: boolean;
}> {
  const transcript = new Transcript();
  let refused = false;
  const outbox = new Outbox(api, 'c', transcript, {
    changed: () => undefined,
    answered: async (out) => transcript.remove(out.id),
    reached: () => undefined,
    unauthorized: () => { refused = true; },
  });
  for (const one of said) outbox.put(one);
  await new Promise((resolve) => setTimeout(resolve, 60));
  outbox.close();
  return { transcript, refused };
}

const BUSY = (): Problem => new Problem(429, {}, 0);

describe('the outbox', () => {
  it('sends again under the same id until it is answered', async () => {
    const { api, posted } = serverOf(BUSY(), new Problem(504, {}, 0));
    const { transcript } = await deliver(api, { text: 'hello' });
    assert.equal(posted.length, 3);
    assert.equal(new Set(posted.map((body) => body.client_message_id)).size, 1);
    assert.deepEqual(transcript.outgoing, []);
  });

  it('delivers one after the other, in order', async () => {
    const { api, posted } = serverOf(BUSY());
    await deliver(api, { text: 'one' }, { text: 'two' }, { text: 'three' });
    assert.deepEqual(posted.map((body) => body['text']), ['one', 'one', 'two', 'three']);
  });

  it('keeps what the server refuses, with the reason, and goes on', async () => {
    const { api, posted } = serverOf(new Problem(422, { title: 'Too long' }));
    const { transcript } = await deliver(api, { text: 'one' }, { text: 'two' });
    assert.deepEqual(posted.map((body) => body['text']), ['one', 'two']);
    assert.deepEqual(transcript.outgoing.map((out) => [out.state, out.problem?.title]), [['failed', 'Too long']]);
  });

  it('stops when the person is signed out, and loses nothing', async () => {
    const { api, posted } = serverOf(new Problem(401, {}));
    const { transcript, refused } = await deliver(api, { text: 'one' }, { text: 'two' });
    assert.ok(refused);
    assert.equal(posted.length, 1);
    assert.deepEqual(transcript.outgoing.map((out) => out.state), ['waiting', 'waiting']);
  });

  it('sends offers by their payload alone', async () => {
    const { api, posted } = serverOf();
    await deliver(api, { payload: '/help{}', title: 'Help' });
    assert.deepEqual(Object.keys(posted[0]!).sort(), ['client_message_id', 'payload']);
  });
});

describe('problems', () => {
  it('show a problem document’s own words', async () => {
    const body = JSON.stringify({ title: 'Expired', detail: 'The card is too old', hint: 'Ask again.' });
    const response = new Response(body, { status: 409, headers: { 'Content-Type': 'application/problem+json' } });
    assert.equal((await problemOf(response)).sentences, 'Expired. The card is too old. Ask again.');
  });

  it('show nothing of a page that is no problem document', async () => {
    const response = new Response('<pre>Traceback</pre>', { status: 500, headers: { 'Content-Type': 'text/html', 'Retry-After': '7' } });
    const problem = await problemOf(response);
    assert.doesNotMatch(problem.sentences, /Traceback/);
    assert.equal(problem.retryAfter, 7);
    assert.ok(problem.passes);
  });
});
