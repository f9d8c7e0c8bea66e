import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Outgoing, Transcript } from '../src/transcript.ts';
import type { Ask, Reply } from '../src/types.ts';

function reply(id: string, more: Partial<Reply> = {}): Reply {
  const seconds = id.padStart(2, '0').slice(-2);
  return { id, role: 'bot', text: `text ${id}`, at: `2026-01-01T00:00:${seconds}Z`, ...more };
}

function outgoing(id: string, text: string, state: Outgoing['state'] = 'sending'): Outgoing {
  return { id, said: { text }, at: '2026-01-01T00:00:00Z', state, problem: null };
}

const ASK: Ask = { slot: 'portal', kind: 'choice', required: true, options: [] };

describe('the transcript', () => {
  it('holds each message once, in order, however it arrives', () => {
    const transcript = new Transcript();
    transcript.add([reply('1'), reply('4')]);
    const fresh = transcript.add([reply('4'), reply('3'), reply('2'), reply('10')]);
    assert.deepEqual(transcript.messages.map((message) => message.id), ['1', '2', '3', '4', '10']);
    assert.deepEqual(fresh.map((message) => message.id), ['3', '2', '10']);
  });

  it('orders by time where ids are no numbers', () => {
    const transcript = new Transcript();
    transcript.add([reply('x.09'), reply('x.10'), reply('x.01')]);
    assert.deepEqual(transcript.messages.map((message) => message.id), ['x.01', 'x.09', 'x.10']);
  });

  it('takes the newer state of a message it has', () => {
    const transcript = new Transcript();
    transcript.add([reply('1')]);
    assert.deepEqual(transcript.add([reply('1', { text: 'changed' })]), []);
    assert.equal(transcript.last?.text, 'changed');
  });

  it('replaces what was on its way by the stored message of the same client id', () => {
    const transcript = new Transcript();
    transcript.put(outgoing('a', 'yes'));
    transcript.put(outgoing('b', 'yes'));
    transcript.add([reply('1', { role: 'user', text: 'yes', client_message_id: 'b' })]);
    assert.deepEqual(transcript.outgoing.map((out) => out.id), ['a']);
  });

  it('does not take another device’s message for its own', () => {
    const transcript = new Transcript();
    transcript.put(outgoing('a', 'yes'));
    transcript.add([reply('1', { role: 'user', text: 'yes', client_message_id: 'elsewhere' })]);
    assert.equal(transcript.outgoing.length, 1);
  });

  it('offers a question only until the person speaks', () => {
    const transcript = new Transcript();
    transcript.add([reply('1', { ask: ASK }), reply('2')]);
    assert.equal(transcript.asking?.id, '1');
    transcript.put(outgoing('a', 'clc'));
    assert.equal(transcript.ask, null);
    transcript.change('a', { state: 'failed' });
    assert.equal(transcript.asking?.id, '1');
    transcript.add([reply('3', { role: 'user', client_message_id: 'a' })]);
    assert.equal(transcript.ask, null);
    assert.deepEqual(transcript.outgoing, []);
  });

  it('leaves one proposal open', () => {
    const transcript = new Transcript();
    const proposal = { operation: 'x', preview: { title: 't' }, status: 'open', expires_at: '' } as const;
    transcript.add([reply('1', { proposal: { id: 'p', ...proposal } })]);
    transcript.add([reply('2', { proposal: { id: 'q', ...proposal } })]);
    assert.deepEqual(transcript.messages.map((message) => message.proposal?.status), ['superseded', 'open']);
    transcript.setProposal({ id: 'q', ...proposal, status: 'executed' });
    assert.equal(transcript.openProposal, null);
    assert.deepEqual(transcript.turn, []);
  });
});
