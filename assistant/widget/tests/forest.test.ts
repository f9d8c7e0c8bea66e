import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { grow, onTheWay, walk } from '../src/forest.ts';

const ITEMS = [
  { name: 'Oslo-Lab', parent: 'Oslo' },
  { name: 'DEFAULT', parent: null },
  { name: 'EMEA', parent: null },
  { name: 'Oslo', parent: 'emea' },
  { name: 'Hidden child', parent: 'Not shown to me' },
];

describe('a forest', () => {
  const roots = grow(ITEMS);

  it('puts everybody below their parent, in whatever order they came', () => {
    const shown = walk(roots).map((branch) => `${branch.level} ${branch.item.name}`);
    assert.deepEqual(shown, ['1 DEFAULT', '1 EMEA', '2 Oslo', '3 Oslo-Lab', '1 Hidden child']);
  });

  it('does not show what is closed', () => {
    const emea = roots.find((branch) => branch.item.name === 'EMEA')!;
    assert.deepEqual(walk([emea], new Set([emea.key])), [emea]);
  });

  it('knows the way to what was found', () => {
    const lab = walk(roots).filter((branch) => branch.item.name === 'Oslo-Lab');
    const names = walk(roots).filter((branch) => onTheWay(lab).has(branch.key)).map((b) => b.item.name);
    assert.deepEqual(names, ['EMEA', 'Oslo', 'Oslo-Lab']);
  });

  it('loses nobody in a circle, of themselves included', () => {
    const round = grow([
      { name: 'a', parent: 'c' }, { name: 'b', parent: 'a' }, { name: 'c', parent: 'b' },
      { name: 'd', parent: 'd' },
    ]);
    assert.deepEqual(walk(round).map((branch) => branch.item.name).sort(), ['a', 'b', 'c', 'd']);
  });

  it('goes by ids where parents are named by them', () => {
    const named = grow([{ name: 'x', id: '1' }, { name: 'y', id: '2', parent: '1' }]);
    assert.equal(walk(named)[1]!.level, 2);
  });
});
