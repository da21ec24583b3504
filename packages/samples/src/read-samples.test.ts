import type { Dialect } from '@cytoqueue/csv';
import { type Schema, matchHeader, wbc, wdbc } from '@cytoqueue/schema';
import { valueHistogram, readSamples } from './index';

const dialect: Dialect = { delimiter: ',', lineEnd: '\n', bom: false };
const COLUMNS = ['id', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8', 'V9', 'note'];
const match = matchHeader(COLUMNS, wbc);

const read = (text: string, missing: 'partial' | 'reject' = 'partial') =>
  readSamples(Buffer.from(text), dialect, match, wbc, missing);

/** Row by row: the sample, or the code of its fault. */
function rowsOf(text: string, missing?: 'partial' | 'reject'): (number[] | string)[] {
  const { table, count, samples, rejections } = read(text, missing);
  const scored = Array.from({ length: count }, (_, row) => [...samples.subarray(row * 9, (row + 1) * 9)]);
  return Array.from({ length: table.rows }, (_, row) => rejections.get(row)?.code ?? (scored.shift() as number[]));
}

const PLAIN = '7,5,1,1,1,2,1,3,1,1,x';
const SAMPLE = [5, 1, 1, 1, 2, 1, 3, 1, 1];

test('plain rows without missing values are taken as they are', () => {
  const { count, samples, missingMasks, rejections } = read(`${PLAIN}\n${PLAIN}\n`);
  expect(count).toBe(2);
  expect([...samples]).toEqual([...SAMPLE, ...SAMPLE]);
  expect([...missingMasks]).toEqual([0, 0]);
  expect(rejections.size).toBe(0);
});

test('quoted, padded and decimal cells say the same as plain ones', () => {
  const same = [PLAIN, '7,"5",1,1,1,2,1,3,1,1,x', '7, 5 ,1.0,1,1,2,1,3,1,01,x', '"7,7",5,1,1,1,2,1,3,1,1,"a\nb"'];
  expect(rowsOf(`${same.join('\n')}\n`)).toEqual(same.map(() => SAMPLE));
});

test('a value that was not measured is 0 in the sample and a bit in the mask, in plain and in quoted rows', () => {
  const { samples, missingMasks } = read('7,5,1,1,1,2,?,3,1,1,x\n"7",5,1,1,1,2,"NA",3,1,,x\n');
  expect([...samples]).toEqual([5, 1, 1, 1, 2, 0, 3, 1, 1, 5, 1, 1, 1, 2, 0, 3, 1, 0]);
  expect([...missingMasks]).toEqual([1 << 5, (1 << 5) | (1 << 8)]);
});

test('faulty rows are named by their place among all rows, and are not copied into the result as they are', () => {
  const text = `${PLAIN}\n7,5,1\n${PLAIN}\n7,11,1,1,1,2,1,3,1,1,x\n7,5,1,1,1,2,1,3,1,1,x"\n`;
  expect(rowsOf(text)).toEqual([SAMPLE, 'column-count', SAMPLE, 'out-of-range', SAMPLE]);
  const { table, rejections } = read(text);
  expect([...rejections].map(([row, { cellsMisaligned }]) => [row, cellsMisaligned])).toEqual([
    [1, true],
    [3, false],
  ]);
  expect([table.copyable[1], table.copyable[3]]).toEqual([0, 0]);
});

test('missing=reject refuses rows with one unmeasured value, read from bytes or from cells', () => {
  const text = `${PLAIN}\n7,5,1,1,1,2,?,3,1,1,x\n"7",5,1,1,1,2,?,3,1,1,x\n`;
  const [scored, plain, quoted] = rowsOf(text, 'reject');
  expect(scored).toEqual(SAMPLE);
  expect(plain).toMatch(/missing/);
  expect(quoted).toBe(plain);
});

test('rejected tenfolds of a value are counted by feature', () => {
  const { tenfolds } = read('7,50,1,1,1,2,1,3,1,100,x\n7,20,1,1,1,2,1,3,1,110,x\n7,0,1,1,1,2,1,3,1,1,x\n');
  expect([...tenfolds]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test('a tenfold of a value that the schema does not have is none', () => {
  const features = wbc.features.map((feature) => ({ ...feature, max: 5 }));
  const { tenfolds } = readSamples(
    Buffer.from('7,50,10,5,60,100,20,1,1,1,x\n'),
    dialect,
    match,
    { ...wbc, features },
    'partial',
  );
  expect([...tenfolds]).toEqual([1, 1, 0, 0, 0, 1, 0, 0, 0]);
});

test('the histogram counts each value of each feature, what was not measured, and tenfolds', () => {
  const histogram = valueHistogram(read(`${PLAIN}\n7,5,1,1,1,2,?,3,1,1,x\n7,50,1,1,1,2,1,3,1,1,x\n`));
  expect(histogram).toHaveLength(9 * 12);
  const feature = (index: number) => [...histogram.subarray(index * 12, (index + 1) * 12)];
  expect(feature(0)).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1]);
  expect(feature(5)).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

describe('a schema whose values are no small integers', () => {
  const columns = wdbc.features.map(({ name }) => name);
  const measured = columns.map((_, index) => `${index}.25`);

  test('is read as numbers, NaN where a value was not measured, without a histogram', () => {
    const partial: Schema = { ...wdbc, maxMissing: 1 };
    const text = `${measured.join(',')}\n${['?', ...measured.slice(1)].join(',')}\n`;
    const found = readSamples(Buffer.from(text), dialect, matchHeader(columns, partial), partial, 'partial');
    expect(found.samples).toBeInstanceOf(Float64Array);
    expect([...found.samples.subarray(0, columns.length)]).toEqual(measured.map(Number));
    expect([found.samples[columns.length], found.missingMasks[1]]).toEqual([NaN, 1]);
    expect(valueHistogram(found)).toHaveLength(0);
  });
});
