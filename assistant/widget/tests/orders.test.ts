import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { bars, exportPhase, exportShare, filtered, hasButton, helping, offered, orderText, sentence, walked, ways, whereWords } from '../src/orders.ts';
import type { Order, TimelineStep } from '../src/types.ts';

const DELAY = { code: 'SA_MISSING', title: 'No Smart Account on the order', since: '2026-11-01T08:00:00Z', age_days: 23, operation: 'assign_order' };
const LATE: Order = { number: '4100001', status: 'booked', assignment_status: 'unassigned', delays: [DELAY], you_may: ['assign_order', 'delegate_order', 'follow_order'] };
const FINE: Order = {
  number: '4100020', status: 'provisioned', assignment_status: 'assigned', delays: [], end_customer: 'Northwind Networks',
  assignment: { smart_account: 'northwind.example', name: 'Northwind Networks', virtual_account: 'Americas' },
};

describe('a list of orders', () => {
  it('is narrowed to what is late or goes nowhere yet', () => {
    assert.deepEqual(filtered([LATE, FINE], 'all'), [LATE, FINE]);
    assert.deepEqual(filtered([LATE, FINE], 'delayed'), [LATE]);
    assert.deepEqual(filtered([LATE, FINE, { number: '1' }], 'unassigned'), [LATE]);
  });

  it('is searched by what is known of an order', () => {
    assert.match(orderText(FINE), /4100020.*Northwind Networks.*provisioned.*northwind\.example/);
    assert.match(orderText(LATE), /No Smart Account/);
  });
});

describe('a button of an order', () => {
  it('says what one could have typed', () => {
    assert.equal(sentence('assign_order', LATE), 'Assign order 4100001');
    assert.equal(sentence('assign_order', FINE), 'Move order 4100020 to another account');
    assert.equal(sentence('accept_notice', FINE), 'Accept the Smart Licensing Notice of northwind.example');
    assert.equal(sentence('accept_notice', LATE), null);
    assert.equal(sentence('launch_rocket', LATE), null);
  });

  it('accepts the notice of the account that the delayed lines stand on', () => {
    const on = (number: number, domain: string) => ({
      number, sku: 'X', product: 'X', quantity: 1, assignment: { smart_account: domain, name: domain, virtual_account: null },
    });
    const delay = { ...DELAY, code: 'EULA_NOT_ACCEPTED', operation: 'accept_notice', lines: [2] };
    const order: Order = { number: '1', assignment: null, lines: [on(1, 'other.example'), on(2, 'late.example')], delays: [delay] };
    assert.equal(sentence('accept_notice', order, delay), 'Accept the Smart Licensing Notice of late.example');
    assert.equal(helping(order, delay), 'accept_notice');
  });

  it('presses what was offered for the same, which is not drawn twice', () => {
    const offer = { title: 'Assign it', payload: '/assign_order{"order_number":"4100001"}' };
    assert.equal(offered([{ title: 'Why?', payload: '/explain_delay' }, offer], 'assign_order'), offer);
    assert.equal(offered([offer], 'assign_orders'), null);
    assert.equal(hasButton(LATE, offer), true);
    assert.equal(hasButton(LATE, { title: 'Assign order 4100001', payload: '/x' }), true);
    assert.equal(hasButton(LATE, { title: 'Talk to a person', payload: '/person' }), false);
  });

  it('helps only those who may', () => {
    assert.equal(helping(LATE, DELAY), 'assign_order');
    assert.equal(helping({ ...LATE, you_may: ['follow_order'] }, DELAY), null);
    assert.equal(helping({ ...LATE, you_may: [] }, { ...DELAY, operation: 'open_case' }), 'open_case');
  });

  it('is not offered twice, nor without the right to it', () => {
    assert.deepEqual(ways(LATE), ['delegate_order', 'follow_order']);
    assert.deepEqual(ways({ ...LATE, delays: [], following: true, you_may: ['assign_order', 'unfollow_order'] }), ['assign_order', 'unfollow_order']);
    assert.deepEqual(ways(FINE), []);
  });
});

describe('where an order goes', () => {
  it('is said with the virtual account, or that there is none', () => {
    assert.equal(whereWords(FINE), 'Northwind Networks (northwind.example), Americas');
    assert.equal(whereWords({ ...FINE, assignment: { smart_account: 'northwind.example', name: 'northwind.example' } }), 'northwind.example');
    assert.equal(whereWords(LATE), 'No account yet');
    assert.equal(whereWords({ number: '1', assignment_status: 'assigned' }), 'An account');
    assert.equal(whereWords({ ...FINE, assignment: { smart_account: null } }), 'An account that isn’t named to you');
  });
});

describe('how far an order is', () => {
  const step = (name: string, done: boolean): TimelineStep => ({ step: name, title: name, done, at: done ? '2026-11-01T08:00:00Z' : null });
  const states = (...steps: TimelineStep[]): string[] => walked(steps).map(({ state }) => state);

  it('has one step that is now', () => {
    assert.deepEqual(states(step('placed', true), step('booked', true), step('assigned', false), step('provisioned', false)), ['done', 'done', 'now', 'ahead']);
  });

  it('is where something has begun, whatever comes before it', () => {
    const held = { ...step('held', false), at: '2026-11-02T08:00:00Z' };
    assert.deepEqual(states(step('booked', true), step('assigned', false), held, step('provisioned', false)), ['done', 'ahead', 'now', 'ahead']);
  });

  it('has none once all is done or it has ended', () => {
    assert.deepEqual(states(step('booked', true), step('provisioned', true)), ['done', 'done']);
    assert.deepEqual(states(step('booked', true), step('provisioned', false), step('closed', true)), ['done', 'missed', 'done']);
  });
});

describe('bars', () => {
  it('are as long as their share of the longest, and never invisible', () => {
    const drawn = bars({ booked: 200, closed: 1, cancelled: 0, provisioned: 100 }, (key) => key);
    assert.deepEqual(drawn.map(({ label, share }) => [label, share]), [['booked', 100], ['closed', 1], ['provisioned', 50]]);
    assert.deepEqual(bars(null, String), []);
  });
});

describe('a download', () => {
  const at = Date.parse('2026-11-24T12:00:00Z');
  const file = { id: 'e', status: 'running', done: 50, total: 200, expires_at: '2026-11-25T12:00:00Z' };

  it('is worked on until it is ready, and goes when its time is over', () => {
    assert.equal(exportPhase(file, at), 'working');
    assert.equal(exportPhase({ ...file, status: 'ready' }, at), 'ready');
    assert.equal(exportPhase({ ...file, status: 'ready' }, at + 2 * 86_400_000), 'gone');
    assert.equal(exportPhase({ ...file, status: 'failed' }, at), 'failed');
  });

  it('has a share once it is known how much there is', () => {
    assert.equal(exportShare(file), 0.25);
    assert.equal(exportShare({ ...file, total: null }), null);
    assert.equal(exportShare({ ...file, done: 500 }), 1);
  });
});
