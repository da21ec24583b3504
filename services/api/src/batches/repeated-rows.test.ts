import fc from 'fast-check';
import { RepeatedRows } from './repeated-rows';

function repeatedOf(rows: Iterable<string>, total: number, maxDifferent?: number): number {
  const counter = new RepeatedRows(total, maxDifferent);
  for (const row of rows) {
    const bytes = Buffer.from(`before;${row};after`);
    counter.add(bytes, 7, bytes.length - 6);
  }
  return counter.count;
}

describe('RepeatedRows', () => {
  it('counts the rows that appeared before, whatever lies around them', () => {
    const row = fc.string({ unit: fc.constantFrom('1', '2', ',', '\0', 'ÿ'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        expect(repeatedOf(rows, rows.length)).toBe(rows.length - new Set(rows).size);
      }),
    );
  });

  it('tells apart a million rows that differ in few digits', () => {
    function* grades() {
      for (let record = 0; record < 1_000_000; record++)
        yield `${1_000_000 + (record % 1000)},${Array.from(String(record)).join()},1,1`;
    }
    expect(repeatedOf(grades(), 1_000_000)).toBe(0);
  });

  it('stops comparing after the given number of different rows', () => {
    expect(repeatedOf(['a', 'b', 'a', 'c', 'a', 'c'], 6, 3)).toBe(1);
  });

  it('accepts a file without rows', () => {
    expect(repeatedOf([], 0)).toBe(0);
  });
});
