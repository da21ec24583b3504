import { createSchema } from '@cytoqueue/schema';
import { fit } from '@cytoqueue/training';
import { createRandom } from '../random';
import { type RuleName, Classifier, Explainer, isFlipSearched, type Model, parseModel, serializeModel } from '../index';

/** A Bray-Curtis model of grades, with two overlapping classes; the same at every call. */
function gradedModel(features: number, max: number, rule: RuleName = 'class-ratio'): Model {
  const schema = createSchema({
    title: 'Grades',
    labels: ['benign', 'malignant'],
    positive: 'malignant',
    features: Array.from({ length: features }, (_, i) => ({ name: `g${i + 1}`, type: 'integer', min: 1, max })),
  });
  const random = createRandom(features);
  const labelled = Array.from({ length: 40 }, (_, row) => {
    const label = row % 2 === 0 ? 0 : 1;
    const sample = Array.from({ length: features }, (__, i) =>
      Math.min(max, 1 + Math.floor(random() * (max - 1)) + (i < 3 ? label : 0)),
    );
    return { trainingRow: row + 1, sample, label } as const;
  });
  const options = { name: 'graded', version: '1.0.0', schema, metric: 'bray-curtis', rule, k: 5, scaling: 'none', dataDigest: '', limitsOfUse: [] } as const; // prettier-ignore
  return parseModel(serializeModel(fit(labelled, options)));
}

const sampleOf = (features: number, max: number) => Array.from({ length: features }, (_, i) => 1 + ((i * 7) % max));

/** The definition, with a prediction for every coalition: marginal contributions weighted by the coalition's size. */
function naiveShapley({ schema, training }: Model, probabilityOf: (sample: number[]) => number, sample: number[]) {
  const n = sample.length;
  const base = training.labels.reduce((sum, label) => sum + label, 0) / training.rows;
  const values = Array.from({ length: 2 ** n }, (_, mask) =>
    mask === 0 ? base : probabilityOf(sample.map((grade, i) => ((mask >> i) & 1 ? grade : NaN))),
  );
  const factorial = (m: number): number => (m <= 1 ? 1 : m * factorial(m - 1));
  const shares = schema.features.map(({ name }, player) => {
    const gains = values.map((value, mask) => {
      const size = mask.toString(2).replaceAll('0', '').length;
      if ((mask >> player) & 1) return 0;
      return (factorial(size) * factorial(n - size - 1) * (values[mask | (1 << player)] - value)) / factorial(n);
    });
    return [name, gains.reduce((sum, gain) => sum + gain, 0)] as const;
  });
  return new Map(shares);
}

const sumOf = (values: Readonly<Record<string, number>>) =>
  Object.values(values).reduce((total, value) => total + value, 0);

describe.each<RuleName>(['class-ratio', 'votes'])('eleven grades of 1 to 10 with Bray-Curtis distances, %s', (rule) => {
  const model = gradedModel(11, 10, rule);
  const classifier = new Classifier(model, { kernel: false });
  const sample = sampleOf(11, 10);
  const probabilityOf = (values: number[]) => classifier.predict(values).probability;
  const expected = naiveShapley(model, probabilityOf, sample);

  test('Shapley values equal the definition and add up to the probability', () => {
    const { shapley, approximated, flip } = new Explainer(model).explain(sample).evidence;
    expect(approximated).toBeUndefined();
    expect([flip, isFlipSearched(model)]).toEqual([null, false]);
    for (const [name, value] of expected) expect(shapley.values[name]).toBeCloseTo(value, 12);
    expect(shapley.base + sumOf(shapley.values)).toBeCloseTo(probabilityOf(sample), 12);
  });

  test('sampled Shapley values are near the definition and add up to the probability', () => {
    const { shapley, approximated } = new Explainer(model, { maxComparisons: 80_000 }).explain(sample).evidence;
    expect(approximated).toEqual(['shapley']);
    for (const [name, value] of expected) expect(Math.abs(shapley.values[name] - value)).toBeLessThan(0.05);
    expect(shapley.base + sumOf(shapley.values)).toBeCloseTo(probabilityOf(sample), 12);
  });

  test.each([0, 11, 1.5])('refuses the grade %d', (grade) =>
    expect(() => new Explainer(model).explain(sample.with(4, grade))).toThrow(RangeError),
  );
});

test.each([
  [25, 4],
  [32, 3],
])(
  '%d grades of 1 to %d are explained without the memory of all coalitions, and the answer says so',
  (features, max) => {
    const model = gradedModel(features, max);
    const sample = sampleOf(features, max);
    const { shapley, approximated } = new Explainer(model).explain(sample).evidence;
    expect(approximated).toEqual(['shapley']);
    expect(shapley.base + sumOf(shapley.values)).toBeCloseTo(new Classifier(model).predict(sample).probability, 12);
  },
);
