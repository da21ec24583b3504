import type { Dialect } from '@cytoqueue/csv';
import { matchHeader, parseLabel, wbc } from '@cytoqueue/schema';
import fc from 'fast-check';
import { NO_LABEL, readLabels, readSamples } from './index';

const dialect: Dialect = { delimiter: ';', lineEnd: '\r\n', bom: false };
const GRADES = ['V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8', 'V9'];
const ROW = '5;1;1;1;2;1;3;1;1';

/** The labels of rows whose class column has `before` columns before it and `after` columns after it, one of them an identifier. */
function labelsOf(cells: readonly string[], before: number, after: number, row = ROW): number[] {
  const names = (count: number, side: string) => Array.from({ length: count }, (_, index) => `${side}${index}`);
  const columns = [...names(before, 'a'), 'class', ...names(after, 'b'), ...GRADES];
  const match = matchHeader(columns, wbc);
  const text = cells.map((cell) => [...Array(before).fill('é'), cell, ...Array(after).fill(''), row].join(';'));
  const bytes = Buffer.from(text.join('\r\n'));
  const samples = readSamples(bytes, dialect, match, wbc, 'partial');
  expect(match.labelColumn).toBe(before);
  return [...readLabels(bytes, dialect, samples, { column: before, columns: columns.length }, wbc)];
}

const spelling = fc.oneof(
  fc.constantFrom('2', '4', 'B', 'm', 'benign', 'Malignant', ' 4 ', '0', '1', '', '2.0', '"4"', '"benign "', 'ö'),
  fc.string({ maxLength: 4 }).filter((text) => !/[;"\r\n]/.test(text)),
);

test('the label is read as a training file is, wherever the class column lies and however the row is read', () => {
  fc.assert(
    fc.property(fc.array(spelling, { minLength: 1, maxLength: 40 }), fc.nat(14), fc.nat(14), (cells, before, after) => {
      const expected = cells.map((cell) => parseLabel(cell.replaceAll('"', ''), wbc) ?? NO_LABEL);
      expect(labelsOf(cells, before, after)).toEqual(expected);
      expect(labelsOf(cells, before, after, '5.0;1;1; 1;2;"1";3;1;?')).toEqual(expected);
    }),
  );
});

test('rejected rows have no label', () => {
  const columns = [...GRADES, 'class'];
  const bytes = Buffer.from(`${ROW};2\r\n5;1\r\n11${ROW.slice(1)};2\r\n${ROW};4\r\n`);
  const samples = readSamples(bytes, dialect, matchHeader(columns, wbc), wbc, 'partial');
  expect(samples.rejections.size).toBe(2);
  expect([...readLabels(bytes, dialect, samples, { column: 9, columns: 10 }, wbc)]).toEqual([0, 1]);
});
