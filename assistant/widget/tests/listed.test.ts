import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { itemsOf, listed, matching } from '../src/listed.ts';

describe('a list as text', () => {
  const NAMES = ['Oslo', 'EMEA, North', 'The "new" lab', 'On-Prem; old', ' padded '];

  it('quotes only what would fall apart', () => {
    assert.equal(listed(NAMES), 'Oslo, "EMEA, North", "The ""new"" lab", "On-Prem; old", " padded "');
    assert.equal(listed(['Oslo', "Nora's lab"]), "Oslo, Nora's lab");
  });

  it('is read as it was written', () => {
    assert.deepEqual(itemsOf(listed(NAMES)), NAMES);
    assert.deepEqual(itemsOf(' a , b;c\n\n"d, e" , '), ['a', 'b', 'c', 'd, e']);
    assert.deepEqual(itemsOf('the "big" move, ""'), ['the "big" move', '""']);
    assert.deepEqual(itemsOf('  '), []);
  });

  it('is searched by all words, in any order and case', () => {
    const found = matching(['EMEA North', 'North America', 'emea'], 'north EM', (name) => name);
    assert.deepEqual(found, ['EMEA North']);
    assert.equal(matching(NAMES, '  ', (name) => name).length, NAMES.length);
  });
});
