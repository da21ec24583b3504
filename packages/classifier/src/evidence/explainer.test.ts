import fc from 'fast-check';
import { wbc, wdbc } from '@cytoqueue/schema';
import { classMean, probabilityOf, rank } from '../../test/oracle';
import { randomModels, sampleWithMissing } from '../../test/random-model';
import { completeRows, shippedModel } from '../../test/wisconsin';
import { type LabelledSample, fit } from '@cytoqueue/training';
import { Classifier, type Evidence, Explainer, type Model, parseModel, serializeModel } from '../index';
import type { FlipEvidence } from './evidence';

const names = wbc.features.map(({ name }) => name);
const shipped = ['wbc-knn', 'wbc-knn-euclidean'].map((name) => new Explainer(parseModel(shippedModel(name))));

/** Records of every kind: typical of a class, between the classes, unusual, and with missing features. */
const records: [string, number[]][] = [
  ['benign', [1, 1, 1, 1, 2, 1, 2, 1, 1]],
  ['malignant', [8, 10, 10, 8, 7, 10, 9, 7, 1]],
  ['between', [5, 4, 4, 5, 7, 5, 3, 2, 1]],
  ['unlike any', [10, 1, 10, 1, 10, 1, 10, 1, 10]],
  ['with a missing feature', [5, 3, 3, 2, 3, NaN, 3, 1, 1]],
  ['with four missing features', [NaN, 3, NaN, 2, 3, NaN, 4, 1, NaN]],
];

/** The definition: for each feature the weighted mean of its contribution over all subsets of the others. */
function shapleyOf(sample: readonly number[], valueOf: (subset: number[]) => number): Record<string, number> {
  const measured = names.map((_, feature) => feature).filter((feature) => !Number.isNaN(sample[feature]));
  const n = measured.length;
  const coalitionValues = Array.from({ length: 2 ** n }, (_, mask) =>
    valueOf(measured.filter((__, i) => (mask >> i) & 1)),
  );
  const factorial = (m: number): number => (m <= 1 ? 1 : m * factorial(m - 1));
  const values = Object.fromEntries(names.map((name) => [name, 0]));
  measured.forEach((feature, i) => {
    coalitionValues.forEach((value, mask) => {
      if ((mask >> i) & 1) return;
      const size = mask.toString(2).replaceAll('0', '').length;
      values[names[feature]] +=
        ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * (coalitionValues[mask | (1 << i)] - value);
    });
  });
  return values;
}

function expectShapley(
  { shapley }: Evidence,
  sample: readonly number[],
  rows: readonly LabelledSample[],
  model: Model,
): void {
  const base = rows.filter(({ label }) => label === 1).length / rows.length;
  const expected = shapleyOf(sample, (subset) => {
    if (subset.length === 0) return base;
    const seen = sample.map((value, feature) => (subset.includes(feature) ? value : NaN));
    return probabilityOf(rank(seen, rows, model.file.metric), model.file);
  });
  expect(shapley.base).toBe(base);
  expect(Object.keys(shapley.values)).toEqual(names);
  for (const name of names) expect(shapley.values[name]).toBeCloseTo(expected[name], 12);
  const sum = Object.values(shapley.values).reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - (new Classifier(model).predict(sample).probability - base))).toBeLessThanOrEqual(1e-15);
}

/** Tries all changes of one or two grades in the defined order; the first one that flips the class. */
function flipOf(sample: readonly number[], model: Model, threshold: number): FlipEvidence | null {
  const classifier = new Classifier(model);
  const label = (values: readonly number[]) => Number(classifier.predict(values).probability >= threshold);
  const single = sample.flatMap((current, feature) =>
    Number.isNaN(current)
      ? []
      : Array.from({ length: 10 }, (_, i) => ({ feature, to: i + 1, size: Math.abs(i + 1 - current) })).filter(
          ({ size }) => size > 0,
        ),
  );
  const pairs = single.flatMap((first) =>
    single.filter(({ feature }) => feature > first.feature).map((second) => [first, second]),
  );
  const keyOf = (changes: typeof single) => [
    changes.length, changes.reduce((total, { size }) => total + size, 0), ...changes.map(({ feature }) => feature),
    changes[0].size, ...changes.map(({ to }) => to),
  ]; // prettier-ignore
  const ordered = [...single.map((one) => [one]), ...pairs]
    .map((changes) => ({
      changes,
      key: keyOf(changes)
        .map((part) => String(part).padStart(2, '0'))
        .join(),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { changes } of ordered) {
    const values = [...sample];
    for (const { feature, to } of changes) values[feature] = to;
    if (label(values) === label(sample)) continue;
    return {
      changes: changes.map(({ feature, to }) => ({ feature: names[feature], from: sample[feature], to })),
      total_change: changes.reduce((total, { size }) => total + size, 0),
      predicted_class: label(values) === 1 ? 'malignant' : 'benign',
      probability_malignant: classifier.predict(values).probability,
    };
  }
  return null;
}

describe.each(shipped)('$model.ref', (explainer) => {
  const { model } = explainer;
  const classifier = new Classifier(model);

  test.each(records.slice(2))('Shapley values equal the definition: %s', (_, sample) => {
    expect.hasAssertions();
    expectShapley(explainer.explain(sample).evidence, sample, completeRows, model);
  });

  test('Shapley values sum to the probability minus the base', () => {
    for (const { sample } of completeRows.filter((_, row) => row % 10 === 0)) {
      const { base, values } = explainer.explain(sample).evidence.shapley;
      const sum = Object.values(values).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - (classifier.predict(sample).probability - base))).toBeLessThanOrEqual(1e-15);
    }
  });

  test.each(['default', 'sensitivity99'] as const)(
    'the smallest flip at %s equals an exhaustive search',
    (operatingPoint) => {
      const threshold = model.file.operating_points[operatingPoint];
      for (const [, sample] of records) {
        expect(explainer.explain(sample, { operatingPoint }).evidence.flip).toEqual(flipOf(sample, model, threshold));
      }
    },
  );

  test('one or two missing grades are tried in all combinations', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 }),
        fc.nat(8),
        fc.nat(8),
        (full, one, other) => {
          const sample = full.map((value, feature) => (feature === one || feature === other ? NaN : value));
          const grades = Array.from({ length: 10 }, (_, i) => i + 1);
          const candidates = grades.flatMap((a) =>
            one === other ? [full.with(one, a)] : grades.map((b) => full.with(one, a).with(other, b)),
          );
          const predictions = candidates.map((candidate) => classifier.predict(candidate));
          const probabilities = predictions.map(({ probability }) => probability);
          const { label } = classifier.predict(sample);
          expect(explainer.explain(sample).evidence.missing).toEqual({
            method: 'exact',
            features: names.filter((_, feature) => feature === one || feature === other),
            combinations: candidates.length,
            can_flip: predictions.some((prediction) => prediction.label !== label),
            probability_min: Math.min(...probabilities),
            probability_max: Math.max(...probabilities),
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('more missing grades are tried in the combinations of the training rows', () => {
    const sample = [NaN, 3, NaN, 2, 3, NaN, 4, 1, NaN];
    const seen = new Map(
      completeRows
        .map((row) => [0, 2, 5, 8].map((feature) => row.sample[feature]))
        .map((values) => [values.join(), values]),
    );
    const probabilities = [...seen.values()].map(
      ([a, c, f, i]) => classifier.predict([a, 3, c, 2, 3, f, 4, 1, i]).probability,
    );
    expect(explainer.explain(sample).evidence.missing).toMatchObject({
      method: 'plausible',
      combinations: seen.size,
      probability_min: Math.min(...probabilities),
      probability_max: Math.max(...probabilities),
    });
  });

  test.each([
    ['a sample that is too short', [5, 1]],
    ['a grade out of range', [11, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['a fraction', [1.5, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['a record without any measured feature', Array<number>(9).fill(NaN)],
  ])('refuses %s', (_, sample) => expect(() => explainer.explain(sample)).toThrow(RangeError));
});

test('Shapley values and flips equal the definitions for any model and record', () => {
  fc.assert(
    fc.property(randomModels, sampleWithMissing, ({ rows, model }, sample) => {
      const explainer = new Explainer(model);
      const { evidence } = explainer.explain(sample);
      expectShapley(evidence, sample, rows, model);
      expect(evidence.flip).toEqual(flipOf(sample, model, 0.5));
      expect(explainer.explain(sample, { operatingPoint: 'sensitivity99' }).evidence.flip).toEqual(
        flipOf(sample, model, 0.3),
      );
      explainer.explain(completeRows[0].sample);
      expect(explainer.explain(sample).evidence).toEqual(evidence);
    }),
    { numRuns: 25 },
  );
});

describe('conformal evidence', () => {
  const [explainer, baseline] = shipped;
  const { file } = explainer.model;

  test('p-values are the share of the class with at least the same nonconformity score', () => {
    const { conformal, calibration } = file;
    if (conformal === null || calibration === null) throw new Error('the default model is calibrated');
    for (const [, sample] of records) {
      const ranked = rank(sample, completeRows, 'bray-curtis');
      const [benign, malignant] = [0, 1].map((label) => classMean(ranked, label, 5) + calibration.epsilon);
      const pBenign = (1 + conformal.benign.filter((score) => score >= benign / malignant).length) / 445;
      const pMalignant = (1 + conformal.malignant.filter((score) => score >= malignant / benign).length) / 240;
      expect(explainer.explain(sample).evidence.conformal).toEqual({
        level: 0.99,
        p_values: { benign: pBenign, malignant: pMalignant },
        set: [...(pBenign > 0.01 ? ['benign'] : []), ...(pMalignant > 0.01 ? ['malignant'] : [])],
      });
    }
  });

  test('is null for a model without calibration', () =>
    expect(baseline.explain(records[0][1]).evidence.conformal).toBeNull());
});

describe('decimal features', () => {
  const rows: LabelledSample[] = Array.from({ length: 40 }, (_, index) => ({
    trainingRow: index + 1,
    sample: wdbc.features.map((__, feature) => ((index * 37 + feature * 11) % 23) * 10 ** (feature % 5)),
    label: index % 3 === 0 ? 1 : 0,
  }));
  const options = { name: 'wdbc-knn', version: '1.0.0', schema: wdbc, metric: 'euclidean', rule: 'class-ratio', k: 3, scaling: 'z-score', dataDigest: '', limitsOfUse: [] } as const; // prettier-ignore
  const model = parseModel(serializeModel(fit(rows, options)));
  const explainer = new Explainer(model);
  const classifier = new Classifier(model);
  const sample = Array.from(rows[7].sample, (value) => value * 1.1);

  test('the statistics of one quantity form one Shapley player', () => {
    const { base, values } = explainer.explain(sample).evidence.shapley;
    const quantities = Object.keys(values);
    expect(quantities).toHaveLength(10);
    const coalitionValues = Array.from({ length: 1024 }, (_, mask) => {
      const seen = wdbc.features.map(({ quantity = '' }, feature) =>
        (mask >> quantities.indexOf(quantity)) & 1 ? sample[feature] : NaN,
      );
      return mask === 0 ? base : classifier.predict(seen).probability;
    });
    const weights = [1, 9, 36, 84, 126, 126, 84, 36, 9, 1].map((others) => 1 / (10 * others));
    quantities.forEach((name, player) => {
      let expected = 0;
      coalitionValues.forEach((value, mask) => {
        if ((mask >> player) & 1) return;
        expected +=
          weights[mask.toString(2).replaceAll('0', '').length] * (coalitionValues[mask | (1 << player)] - value);
      });
      expect(values[name]).toBeCloseTo(expected, 12);
    });
    const sum = Object.values(values).reduce((total, value) => total + value, 0);
    expect(Math.abs(sum - (classifier.predict(sample).probability - base))).toBeLessThanOrEqual(1e-15);
  });

  test('missing features are tried in the combinations of the training rows, and no flip is searched', () => {
    const incomplete = sample.with(3, NaN).with(29, NaN);
    const probabilities = rows.map(
      (row) => classifier.predict(incomplete.with(3, row.sample[3]).with(29, row.sample[29])).probability,
    );
    const { evidence } = explainer.explain(incomplete);
    expect(evidence.missing).toMatchObject({ method: 'plausible', features: ['area_mean', 'fractal_dimension_worst'], probability_min: Math.min(...probabilities), probability_max: Math.max(...probabilities) }); // prettier-ignore
    expect(evidence.flip).toBeNull();
  });
});
