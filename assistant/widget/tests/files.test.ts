import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LARGEST_FILE, sizeWords, whyNot } from '../src/files.ts';

function file(name: string, type = '', size = 10): File {
  return { name, type, size } as File;
}

describe('a file', () => {
  it('may be tried when nothing is wrong with it', () => {
    for (const fine of [
      file('people.csv', 'text/csv'), file('log.txt', 'text/plain'), file('a.png', 'image/png'),
      file('b.JPG', 'image/jpeg'), file('c.pdf', 'application/pdf'), file('d.zip'), file('router.cfg'),
      file('just as large.pdf', '', LARGEST_FILE),
    ]) assert.equal(whyNot(fine), null, fine.name);
  });

  it('is refused with what is wrong and what would be right', () => {
    assert.match(whyNot(file('a.csv', '', 0))!, /a\.csv is empty/);
    assert.match(whyNot(file('a.pdf', '', LARGEST_FILE + 1))!, /10 MB.*10 MB at most/);
    for (const wrong of [
      file('a.gif', 'image/gif'), file('a.mp4', 'video/mp4'), file('a.exe'), file('a.svg', 'image/svg+xml'),
    ]) assert.match(whyNot(wrong)!, /PDF, PNG, JPEG, ZIP/, wrong.name);
  });

  it('has to be of the kind that is asked for', () => {
    assert.equal(whyNot(file('People.CSV'), ['.csv']), null);
    assert.match(whyNot(file('people.xlsx'), ['.csv'])!, /save it as CSV/i);
    assert.match(whyNot(file('people.pdf'), ['.csv'])!, /\.csv/);
  });

  it('has a size in words', () => {
    assert.deepEqual([12, 2048, 262_144, 1_600_000, LARGEST_FILE].map(sizeWords), ['12 bytes', '2 KB', '256 KB', '1.5 MB', '10 MB']);
  });
});
