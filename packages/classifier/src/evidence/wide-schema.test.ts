import { wideModel } from '../../test/wide-model';
import { Classifier, Explainer, parseModel } from '../index';

const model = parseModel(wideModel(64, 200));
const sample = Array.from({ length: 64 }, (_, feature) => (feature % 7) / 3 - 1);

test('Shapley values of 64 features are sampled, say so, add up to the probability and are repeatable', () => {
  const { probability } = new Classifier(model).predict(sample);
  const { shapley, approximated } = new Explainer(model).explain(sample).evidence;
  expect(approximated).toEqual(['shapley']);
  const sum = Object.values(shapley.values).reduce((total, value) => total + value, shapley.base);
  expect(sum).toBeCloseTo(probability, 12);
  expect(new Explainer(model).explain(sample).evidence.shapley).toEqual(shapley);
});

test('sampled Shapley values are near the exact ones', () => {
  const small = parseModel(wideModel(12, 600));
  const few = sample.slice(0, 12);
  const exact = new Explainer(small, { maxComparisons: Infinity }).explain(few).evidence;
  const sampled = new Explainer(small, { maxComparisons: 1.2e6 }).explain(few).evidence;
  expect(exact.approximated).toBeUndefined();
  expect(sampled.approximated).toEqual(['shapley']);
  for (const [name, value] of Object.entries(exact.shapley.values))
    expect(Math.abs((sampled.shapley.values[name] ?? NaN) - value)).toBeLessThan(0.05);
});

test('missing values are tried in some of the many combinations of the training rows, and the answer says so', () => {
  const few = sample.map((value, feature) => (feature === 40 ? NaN : value));
  const { missing, approximated } = new Explainer(model, { maxComparisons: 30_000 }).explain(few).evidence;
  expect(missing).toMatchObject({ method: 'plausible', features: ['f41'], combinations: 150 });
  expect(approximated).toEqual(['shapley', 'missing']);
  expect(new Explainer(model).explain(few).evidence).toMatchObject({
    missing: { combinations: 200 },
    approximated: ['shapley'],
  });
});
