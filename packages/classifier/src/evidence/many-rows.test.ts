import { wbc } from '@cytoqueue/schema';
import { Classifier, Explainer, type Model, parseModel, serializeModel } from '../index';

const FEATURES = 9;
/** Both classes together have more rows than a 16-bit index can address. */
const ROWS_OF_CLASS = 35_000;

type Row = readonly number[];

/** Distinct rows of grades from low to high. */
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
    conformal: { benign: benign.map((_, index) => index), malignant: malignant.map((_, index) => index) },
    training: { data_digest: '', rows: rows.map((_, index) => index + 1), labels: rows.map((_, index) => (index < benign.length ? 0 : 1)), samples: rows.flat() },
    evaluation: {}, limits_of_use: [],
  })); // prettier-ignore
}

describe.each(['bray-curtis', 'euclidean'] as const)('a model with more than 65,536 rows, %s', (metric) => {
  const rows = distinctVectors(2 * ROWS_OF_CLASS, 1, 10, 1);
  const model = modelOf(rows.slice(0, ROWS_OF_CLASS), rows.slice(ROWS_OF_CLASS), metric);
  const samples = distinctVectors(3, 1, 10, 3);

  test('the flip found has the probability that is predicted for the changed record', () => {
    const explainer = new Explainer(model, { maxComparisons: Infinity });
    const classifier = new Classifier(model, { kernel: false });
    const names = model.schema.features.map(({ name }) => name);
    for (const sample of samples) {
      const { flip } = explainer.explain(sample).evidence;
      const values = [...sample];
      for (const { feature, to } of flip?.changes ?? []) values[names.indexOf(feature)] = to;
      expect(flip?.probability_malignant).toBe(classifier.predict(values).probability);
    }
  });
});

test('refuses row numbers that do not fit into 32 bits', () => {
  const rows = distinctVectors(8, 1, 10, 4);
  const { file } = modelOf(rows.slice(0, 4), rows.slice(4), 'euclidean');
  const { digest: _, ...body } = file;
  expect(() =>
    serializeModel({ ...body, training: { ...file.training, rows: file.training.rows.map((row) => row + 2 ** 31) } }),
  ).toThrow('training');
});
