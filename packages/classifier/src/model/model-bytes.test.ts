import { completeRows, defaultOptions, shippedModel } from '../../test/wisconsin';
import { fit } from '@cytoqueue/training';
import { type ModelFile, ModelFileError, type NoveltyFile, parseModel, serializeModel } from '../index';

const shipped = shippedModel('wbc-knn');
const small = fit(completeRows.slice(0, 60), { ...defaultOptions, k: 2 });
const bytes = serializeModel(small);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ModelFileError) return error.code;
    throw error;
  }
  return 'accepted';
}

test('a serialized model parses to the same model', () => {
  const model = parseModel(bytes);
  expect(model.file).toEqual({ ...small, digest: model.digest });
  expect(model).toMatchObject({ name: 'wbc-knn', version: '1.0.0', ref: 'wbc-knn@1.0.0', schema: { id: 'wbc' } });
  expect(model.training).toMatchObject({ rows: 60, featureCount: 9 });
  expect(Buffer.from(serializeModel(model.file)).equals(bytes)).toBe(true);
});

test('is JSON, and can be parsed from a view into a larger buffer', () => {
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(parseModel(bytes).file);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 5);
  expect(parseModel(larger.subarray(5, 5 + bytes.length)).digest).toBe(parseModel(bytes).digest);
});

test('is refused when any byte is changed', () => {
  const altered = Uint8Array.from(bytes);
  for (let i = 0; i < bytes.length; i++) {
    altered[i] ^= 1;
    expect(codeOf(() => parseModel(altered))).toMatch(/^(not-a-model|unsupported-version|digest-mismatch)$/);
    altered[i] ^= 1;
  }
  expect(parseModel(altered).name).toBe('wbc-knn');
});

test('is refused when truncated or extended', () => {
  for (let length = 0; length < bytes.length; length += 17) {
    expect(codeOf(() => parseModel(bytes.subarray(0, length)))).not.toBe('accepted');
  }
  expect(codeOf(() => parseModel(Buffer.concat([bytes, Buffer.from('\n')])))).toBe('digest-mismatch');
});

test.each([
  ['an empty file', '', 'not-a-model'],
  ['other JSON', '{"format":"onnx"}', 'not-a-model'],
  [
    'a later version',
    Buffer.from(shipped).toString().replace('"format_version":1', '"format_version":4'),
    'unsupported-version',
  ],
  [
    'a version higher than its members need',
    Buffer.from(shipped).toString().replace('"format_version":1', '"format_version":2'),
    'malformed',
  ],
  [
    'a digest in capitals',
    Buffer.from(shipped)
      .toString()
      .replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()),
    'unsupported-version',
  ],
])('refuses %s', (_, text, code) => expect(codeOf(() => parseModel(Buffer.from(text)))).toBe(code));

const { training, operating_points: points } = small;
const otherTraining = (part: Partial<ModelFile['training']>) => ({ training: { ...training, ...part } });

const ones = Array<number>(9).fill(1);
const shape = { mean: ones, precision: Array<number>(45).fill(1), distance_limit: 20, magnification_limit: null };
const novelty: NoveltyFile = {
  offsets: ones,
  lowest: ones,
  highest: ones.map(() => 10),
  range_margin: 1.25,
  length_powers: null,
  classes: [shape, shape],
};
const drift = { largest_effect: 4, mean_effect: 2, scale_gain: 0.2, magnification: null };
const invalidNovelties: readonly Record<string, unknown>[] = [
  { offsets: novelty.offsets.with(3, 0) },
  { offsets: novelty.offsets.slice(1) },
  { lowest: novelty.highest.map((highest) => highest + 1) },
  { range_margin: 0.9 },
  { length_powers: Array(9).fill(0) },
  { length_powers: Array(9).fill(1) },
  { classes: [shape] },
  { classes: [shape, { ...shape, precision: shape.precision.slice(1) }] },
  { classes: [shape, { ...shape, precision: shape.precision.with(2, -1) }] },
  { classes: [shape, { ...shape, mean: shape.mean.with(2, NaN) }] },
  { classes: [shape, { ...shape, distance_limit: 0 }] },
  { classes: [shape, { ...shape, magnification_limit: 3 }] },
];

test('a model with a novelty rule serializes and parses to the same model', () => {
  const { file } = parseModel(serializeModel({ ...small, format_version: 2, novelty, drift }));
  expect(file).toMatchObject({ format_version: 2, novelty, drift });
});

test.each<[string, Record<string, unknown>]>([
  ['name', { name: '../../etc' }],
  ['version', { version: 'latest' }],
  ['schema', { schema: 'wdbc2' }],
  ['labels', { labels: ['malignant', 'benign'] }],
  ['features', { features: ['sample_code_number', ...small.features.slice(1)] }],
  ['metric', { metric: 'cosine' }],
  ['metric', { scaling: { center: Array(9).fill(0), scale: Array(9).fill(1) } }],
  ['rule', { rule: 'weights' }],
  ['scaling', { metric: 'euclidean', scaling: { center: Array(9).fill(0), scale: Array(9).fill(0) } }],
  ['training', otherTraining({ rows: training.rows.slice(1) })],
  ['training', otherTraining({ rows: training.rows.toReversed() })],
  ['training', otherTraining({ labels: training.labels.map(() => 0) })],
  ['training', otherTraining({ samples: training.samples.with(5, 11) })],
  ['training', otherTraining({ samples: training.samples.with(5, 1.5) })],
  ['training', otherTraining({ samples: training.samples.slice(1) })],
  ['training', otherTraining({ samples: training.samples.with(5, NaN) })],
  ['k', { k: 0 }],
  ['k', { k: 61 }],
  ['calibration', { calibration: null }],
  ['calibration', { calibration: { epsilon: 0, platt: { slope: 1, intercept: 0 } } }],
  ['calibration', { calibration: { epsilon: 1, platt: { slope: Infinity, intercept: 0 } } }],
  ['alarm', { alarm: { numerator: 7, denominator: 0 } }],
  ['operating_points', { operating_points: { ...points, sensitivity99: 2 } }],
  ['conformal', { conformal: null }],
  ['conformal', { conformal: { benign: [1], malignant: [] } }],
  ['evaluation', { evaluation: null }],
  ['limits_of_use', { limits_of_use: [1] }],
  ['format_version', { novelty }],
  ['format_version', { format_version: 2 }],
  ['novelty', { format_version: 2, novelty: null }],
  ['drift', { format_version: 2, drift: { ...drift, mean_effect: 0 } }],
  ['drift', { format_version: 2, drift: 5 }],
  ...invalidNovelties.map((part): [string, Record<string, unknown>] => [
    'novelty',
    { format_version: 2, novelty: { ...novelty, ...part } },
  ]),
])('refuses to write a file with an invalid %s', (field, part) => {
  const act = () => serializeModel({ ...small, ...part } as ModelFile);
  expect(act).toThrow(new ModelFileError('malformed', field));
});
