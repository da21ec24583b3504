import { wbc } from '@cytoqueue/schema';
import { type Model, parseModel, serializeModel } from '../index';
import { findDistinctRows } from './distinct-rows';
import { createPackedMetric } from './packed-metric';
import { createScalarSearch } from './scalar-grade-search';
import { RankedRows } from './ranked-rows';

const FEATURES = 9;
/** Twice as many are more than 16 bits can number. */
const ROWS_OF_CLASS = 35_000;

type Row = readonly number[];

/** Distinct rows of grades in a range. */
function distinctVectors(count: number, low: number, high: number, seed: number): Row[] {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const rows = new Map<string, Row>();
  while (rows.size < count) {
    const row = Array.from({ length: FEATURES }, () => low + Math.floor(next() * (high - low + 1)));
    rows.set(row.join(), row);
  }
  return [...rows.values()];
}

function modelOf(benign: readonly Row[], malignant: readonly Row[], metric: 'bray-curtis' | 'euclidean'): Model {
  const rows = [...benign, ...malignant];
  return parseModel(serializeModel({
    format: 'cytoqueue-model', format_version: 1, name: 'large', version: '0.0.1', schema: 'wbc', labels: wbc.labels,
    features: wbc.features.map(({ name }) => name), metric, rule: 'class-ratio', k: 3, scaling: null,
    calibration: { epsilon: 0.001, platt: { slope: 5, intercept: 0.1 } },
    alarm: { numerator: 1, denominator: 5 },
    operating_points: { default: 0.5, sensitivity99: 0.3 },
    conformal: { benign: benign.map((_, place) => place), malignant: malignant.map((_, place) => place) },
    training: { data_digest: '', rows: rows.map((_, index) => index + 1), labels: rows.map((_, index) => (index < benign.length ? 0 : 1)), samples: rows.flat() },
    evaluation: {}, limits_of_use: [],
  })); // prettier-ignore
}

describe.each(['bray-curtis', 'euclidean'] as const)('a model of more rows than 16 bits can number, %s', (metric) => {
  const rows = distinctVectors(2 * ROWS_OF_CLASS, 1, 10, 1);
  const model = modelOf(rows.slice(0, ROWS_OF_CLASS), rows.slice(ROWS_OF_CLASS), metric);
  const samples = distinctVectors(3, 1, 10, 3);

  test('has each class ranked from the nearest row on, none lost and none doubled', () => {
    const scale = createPackedMetric(model);
    if (scale === undefined) throw new Error('the model has no grade scale');
    const standing = new RankedRows(findDistinctRows(model.training), scale, createScalarSearch(model.file.k, scale));
    for (const sample of samples) {
      standing.setSample(sample);
      for (const { start, end } of standing.classRanges) {
        const orders = Array.from(standing.packedDistances.subarray(start, end), scale.sortKey);
        expect(orders.every((order, place) => place === 0 || order >= orders[place - 1])).toBe(true);
        const ranked = new Set(
          Array.from({ length: end - start }, (_, place) =>
            standing.columns.map((column) => column[start + place]).join(),
          ),
        );
        expect(ranked).toEqual(
          new Set((start === 0 ? rows.slice(0, ROWS_OF_CLASS) : rows.slice(ROWS_OF_CLASS)).map((row) => row.join())),
        );
      }
    }
  });
});

test('row numbers that do not fit into 32 bits are refused', () => {
  const rows = distinctVectors(8, 1, 10, 4);
  const { file } = modelOf(rows.slice(0, 4), rows.slice(4), 'euclidean');
  const { digest: _, ...body } = file;
  expect(() =>
    serializeModel({ ...body, training: { ...file.training, rows: file.training.rows.map((row) => row + 2 ** 31) } }),
  ).toThrow('training');
});
