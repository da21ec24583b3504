import fc from 'fast-check';
import { MAX_SEARCHED_BYTES, findRowEnds } from './row-ends';

function expectedEnds(bytes: Buffer, lineByte: number): number[] {
  return [...bytes.keys()].filter((at) => bytes[at] === lineByte);
}

test('rows end at each line end, whatever the length and the content', () => {
  const texts = fc.array(fc.constantFrom('1,2', '\n', '\r', 'é', ' '.repeat(15), ''), { maxLength: 60 });
  fc.assert(
    fc.property(texts, fc.constantFrom(10, 13), (parts, lineByte) => {
      const bytes = Buffer.from(parts.join(''));
      const { ends, hasShortRows, rowsToCheck } = findRowEnds(bytes, lineByte);
      const expected = expectedEnds(bytes, lineByte);
      expect(Array.from(ends)).toEqual(expected);
      expect(hasShortRows).toBe(expected.some((end, row) => end - (row === 0 ? 0 : expected[row - 1]! + 1) <= 1));
      expect(rowsToCheck).toBeUndefined();
    }),
  );
});

test('a chunk of the largest size may consist of line ends only', () => {
  const bytes = Buffer.alloc(MAX_SEARCHED_BYTES, 10);
  expect(findRowEnds(bytes, 10, { delimiterByte: 44, featureColumn: 1, identifierColumn: 0 })).toMatchObject({
    ends: { length: MAX_SEARCHED_BYTES },
    rowsToCheck: { length: MAX_SEARCHED_BYTES },
  });
  expect(findRowEnds(Buffer.from('a'), 10).ends).toHaveLength(0);
});

test.each([
  ['P-001,5,1', false],
  ['P-001,10,1', false],
  ['P-001,0,1', false],
  ['P-001,1,5', false],
  ['P-001,1,2', true],
  ['P-001,2,3', true],
  ['P-001,1,x', true],
  ['P-001,,1', true],
  ['P-001,x,1', true],
  ['P-001,5', true],
  ['', true],
  ['\r', true],
  ['Total,5,1', true],
  ['12,5,1', true],
  ['1.5E+12,5,1', true],
  ['1234567890123456,5,1', true],
  ['P-001,5,1\x1a', true],
  ['P-001,5,1\x1a\r', true],
])('the row %j needs a closer look: %s', (row, expected) => {
  const { rowsToCheck } = findRowEnds(Buffer.from(`${row}\nP-002,5,1\n`), 10, {
    delimiterByte: 44,
    featureColumn: 1,
    identifierColumn: 0,
  });
  expect(Array.from(rowsToCheck ?? [])).toEqual(expected ? [0] : []);
});
