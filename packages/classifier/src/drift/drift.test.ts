import { completeRows, shippedModel } from '../../test/wisconsin';
import { parseModel } from '../model/model';
import { HISTOGRAM_BINS, describeDrift } from './drift';
import { populationStabilityIndex } from './psi';

const model = parseModel(shippedModel('wbc-knn'));
const names = model.schema.features.map(({ name }) => name);
const columns = names.map((_, feature) => completeRows.map(({ sample }) => sample[feature] as number));

/** `bins`: per feature the bin of each row. */
function histogramOf(bins: readonly (readonly number[])[]): Uint32Array {
  const histogram = new Uint32Array(names.length * HISTOGRAM_BINS);
  bins.forEach((column, feature) => column.forEach((bin) => histogram[feature * HISTOGRAM_BINS + bin]++));
  return histogram;
}

const notesOf = (bins: readonly (readonly number[])[]) =>
  describeDrift(histogramOf(bins), model)?.notes.map(({ code, features }) => `${code} ${features.join(' ')}`);
const withColumn = (feature: number, column: readonly number[]) =>
  columns.map((values, index) => (index === feature ? column : values));

test('the training data show no drift from themselves', () => {
  const drift = describeDrift(histogramOf(columns), model);
  expect(drift?.notes).toEqual([]);
  for (const name of names) expect(drift?.psi[name]).toBeCloseTo(0, 12);
});

test('the index equals its definition', () => {
  const shares = (counts: number[]) => counts.map((count) => (count + 0.5) / (counts.reduce((a, b) => a + b) + 1));
  const [a, e] = [shares([30, 70]), shares([60, 40])] as [number[], number[]];
  const byHand = a
    .map((share, bin) => (share - (e[bin] as number)) * Math.log(share / (e[bin] as number)))
    .reduce((x, y) => x + y);
  expect(populationStabilityIndex([30, 70], [60, 40])).toBeCloseTo(byHand, 15);
});

test('reports a constant column, a tenfold scale and a column without measurements', () => {
  expect(notesOf(withColumn(0, columns[0]?.map(() => 3) ?? []))).toEqual(['constant clump_thickness']);
  expect(notesOf(withColumn(5, columns[5]?.map((value) => (value === 1 ? 10 : 11)) ?? []))).toEqual([
    'tenfold bare_nuclei',
  ]);
  expect(notesOf(withColumn(7, columns[7]?.map(() => 0) ?? []))).toEqual(['mostly-missing normal_nucleoli']);
});

test('a column that is nearly constant in the training data is not reported as constant', () => {
  expect(notesOf(withColumn(8, columns[8]?.map(() => 1) ?? []))).toEqual(['shifted mitoses']);
});

test('reports exchanged columns as a pair', () => {
  const swapped = columns.map((_, feature) => columns[feature === 0 ? 8 : feature === 8 ? 0 : feature] ?? []);
  expect(notesOf(swapped)).toEqual(['swapped clump_thickness mitoses']);
});

test('reports another population, but does not judge a few rows', () => {
  expect(notesOf(withColumn(0, columns[0]?.map((value) => 11 - value) ?? []))).toEqual(['shifted clump_thickness']);
  expect(describeDrift(histogramOf(columns.map((column) => column.slice(0, 99).map(() => 7))), model)).toBeUndefined();
});
