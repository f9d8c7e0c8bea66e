import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { hourLater, isBackwards, readable, today, windowText } from '../src/when.ts';

describe('windows', () => {
  it('are sent as ISO text without a zone', () => {
    assert.equal(windowText({ date: '2026-12-08', from: '15:00', to: '16:00' }), '2026-12-08T15:00 to 2026-12-08T16:00');
    assert.equal(windowText({ date: '2026-12-08', from: '15:00', to: '' }), '2026-12-08T15:00');
  });

  it('end after they start', () => {
    assert.ok(isBackwards({ date: '2026-12-08', from: '15:00', to: '15:00' }));
    assert.ok(!isBackwards({ date: '2026-12-08', from: '15:00', to: '' }));
  });

  it('last an hour unless said otherwise, within the day', () => {
    assert.equal(hourLater('09:05'), '10:05');
    assert.equal(hourLater('23:30'), '');
    assert.equal(hourLater(''), '');
  });

  it('are read in words, and other text is left alone', () => {
    assert.equal(readable('2026-12-08T15:00 to 2026-12-08T16:00, 2026-12-10T09:00', 'en-GB'),
      'Tue, 8 Dec 2026, 15:00–16:00\nThu, 10 Dec 2026, 09:00');
    for (const text of ['2026-12-08', 'on 2026-12-08T15:00', 'hello, world', '']) assert.equal(readable(text), text);
  });

  it('know which day it is where the person is', () => {
    const late = new Date('2026-12-08T23:30:00Z');
    assert.equal(today('Asia/Tokyo', late), '2026-12-09');
    assert.equal(today('America/New_York', late), '2026-12-08');
    assert.match(today('Nowhere/Land', late), /^2026-12-0[89]$/);
  });
});
