import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { EventParser, type ServerEvent } from '../src/sse.ts';

const STREAM = ': ping\r\n\r\nid: 7\r\nevent: message\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: delta\ndata: wor\n\nretry: 500\ndata\n\n';

function read(...chunks: string[]): ServerEvent[] {
  const parser = new EventParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

describe('the event stream', () => {
  it('gives events with their id, kind and joined lines', () => {
    const [message, delta, empty] = read(STREAM);
    assert.deepEqual(message, { event: 'message', data: '{"a":\n1}', id: '7', retry: null });
    assert.deepEqual(delta, { event: 'delta', data: 'wor', id: null, retry: null });
    assert.deepEqual(empty, { event: 'message', data: '', id: null, retry: 500 });
  });

  it('reads the same however the text is cut', () => {
    const whole = read(STREAM);
    assert.deepEqual(read(...STREAM), whole);
    for (let cut = 1; cut < STREAM.length; cut += 1) {
      assert.deepEqual(read(STREAM.slice(0, cut), STREAM.slice(cut)), whole);
    }
  });

  it('waits for the end of an event', () => {
    assert.deepEqual(read('data: half'), []);
    assert.deepEqual(read('data: half\n'), []);
  });

  it('ignores a byte order mark, unknown fields and comments', () => {
    assert.equal(read('\uFEFFfoo: 1\n:data\ndata:x\n\n')[0]?.data, 'x');
  });
});
