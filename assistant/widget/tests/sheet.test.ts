import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { cellsToPaste, csv, fileName, harmless } from '../src/sheet.ts';

describe('rows for a spreadsheet', () => {
  it('hold no formulas', () => {
    for (const evil of ['=1+1', '+A1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '  =cmd|x', '＝1+1', '-A1']) {
      assert.equal(harmless(evil), `'${evil}`);
    }
    for (const fine of ['', '-12', '-3.5', '12', 'a=b', 'nora@northwind.example', 'Store-01']) {
      assert.equal(harmless(fine), fine);
    }
  });

  it('are CSV as spreadsheets read it', () => {
    assert.equal(
      csv([['Name', 'Note'], ['Größe', 'a, "b"\nc'], ['=1', '']]),
      '\uFEFFName,Note\r\nGröße,"a, ""b""\nc"\r\n\'=1,\r\n',
    );
  });

  it('can be pasted, a row a line', () => {
    assert.equal(cellsToPaste([['a', 'b\tc\nd'], ['=1', 'x']]), "a\tb c d\n'=1\tx");
  });

  it('are named after their title', () => {
    assert.equal(fileName('Users of Größe & Söhne: 12'), 'users-of-größe-söhne-12.csv');
    assert.equal(fileName('***'), 'table.csv');
    assert.ok(fileName('x'.repeat(300)).length < 70);
  });
});
