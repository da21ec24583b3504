import {
  Classifier,
  createPredictionColumns,
  Explainer,
  GREY_ZONE,
  parseModel,
  UNUSUAL_RECORD,
  createRandom,
} from '@cytoqueue/classifier';
import fc from 'fast-check';
import { sampleWithMissing } from '../../../classifier/test/random-model';
import { shippedModel } from '../../../classifier/test/wisconsin';
import { simulatedShifts } from './simulated-shifts';

const original = parseModel(shippedModel('wbc-knn', '1.1.0'));
const diagnostic = parseModel(shippedModel('wdbc-knn', '1.1.0'));
const ofOriginal = new Classifier(original);
const ofDiagnostic = new Classifier(diagnostic);
const rowsOf = ({ training }: typeof original) =>
  Array.from({ length: training.rows }, (_, row) =>
    training.samples.slice(row * training.featureCount, (row + 1) * training.featureCount),
  );

/** Confident answers to shifted training rows, and how many of them are wrong. */
function countAnswers(classifier: Classifier, apply: (sample: Float64Array) => Float64Array) {
  const { training } = classifier.model;
  const samples = Float64Array.from(rowsOf(classifier.model).flatMap((row) => Array.from(apply(row))));
  const out = createPredictionColumns(training.rows);
  classifier.predictInto(samples, training.rows, out);
  const confident = Array.from(training.labels.keys()).filter((row) => out.reasonFlags[row] === 0);
  return {
    confident: confident.length,
    wrong: confident.filter((row) => out.label[row] !== training.labels[row]).length,
  };
}

const shifts = simulatedShifts(diagnostic.schema).filter(
  ({ name }) => !/^(genuine|magnification × (0\.[78]|1\.2|1\.35))$/.test(name),
);

test.each(shifts)('Diagnostic: $name leaves at most 5 confidently wrong answers', ({ apply }) => {
  const random = createRandom(1);
  expect(countAnswers(ofDiagnostic, (sample) => apply(sample, random)).wrong).toBeLessThanOrEqual(5);
});

test('genuine records stay confident', () => {
  const itself = (sample: Float64Array) => sample;
  expect(countAnswers(ofDiagnostic, itself).confident / diagnostic.training.rows).toBeGreaterThan(0.94);
  expect(countAnswers(ofOriginal, itself).confident / original.training.rows).toBeGreaterThan(0.86);
});

test('grades 1 and 10 in turn are unusual, and the evidence says which do not go together', () => {
  const alternating = [1, 10, 1, 10, 1, 10, 1, 10, 1];
  const { probability, reasonFlags } = ofOriginal.predict(alternating);
  expect(probability).toBeGreaterThan(0.95);
  expect(reasonFlags).toBe(UNUSUAL_RECORD);
  const { unusual } = new Explainer(original).explain(alternating).evidence;
  expect(unusual).toMatchObject({ compared_with: 'malignant', magnification: null, outside_training_range: [] });
  expect(unusual?.distance_over_limit).toBeGreaterThan(1);
});

describe('one Diagnostic record', () => {
  const explainer = new Explainer(diagnostic);
  const names = diagnostic.schema.features.map(({ name }) => name);
  const genuine = rowsOf(diagnostic).find((row) => ofDiagnostic.predict(row).reasonFlags === 0) ?? new Float64Array(0);
  const change = (apply: (value: number, name: string) => number) =>
    genuine.map((value, feature) => apply(value, names[feature]));

  test('as it was measured is confident, and nothing is odd about it', () => {
    expect(explainer.explain(genuine).evidence.unusual).toBeNull();
  });

  test('with an area of 0 is unusual, and the evidence says which area would fit', () => {
    const { unusual } = explainer.explain(change((value, name) => (name === 'area_mean' ? 0 : value))).evidence;
    const area = genuine[names.indexOf('area_mean')];
    expect(unusual?.outside_training_range).toEqual([
      expect.objectContaining({ feature: 'area_mean', value: 0, lowest: 143.5 }),
    ]);
    expect(unusual?.unexpected[0]).toMatchObject({ feature: 'area_mean', value: 0 });
    expect((unusual?.unexpected[0].expected ?? 0) / area).toBeCloseTo(1, 1);
  });

  test('with any one value far outside the training range is unusual, and the feature is named', () => {
    const { lowest, highest } = diagnostic.file.novelty ?? { lowest: [], highest: [] };
    names.forEach((feature, index) => {
      const values = [highest[index] * 1.3, ...(lowest[index] > 0 ? [lowest[index] / 1.3] : [])];
      for (const value of values) {
        const sample = change((other, name) => (name === feature ? value : other));
        expect(ofDiagnostic.predict(sample).reasonFlags & UNUSUAL_RECORD).toBe(UNUSUAL_RECORD);
        expect(explainer.explain(sample).evidence.unusual?.outside_training_range).toEqual([
          { feature, value, lowest: lowest[index], highest: highest[index] },
        ]);
      }
    });
  });

  test('in logarithms is unusual, and the features outside the training range are named', () => {
    const { unusual } = explainer.explain(change(Math.log1p)).evidence;
    expect(unusual?.outside_training_range.map(({ feature }) => feature)).toEqual(
      expect.arrayContaining(['radius_mean', 'perimeter_mean', 'area_mean', 'area_worst']),
    );
  });

  test.each([0.5, 2, 2.5])('at %d times the magnification is unusual, and the magnification is estimated', (factor) => {
    const powerOf = (name: string) => (name.startsWith('area') ? 2 : /^(radius|perimeter)/.test(name) ? 1 : 0);
    const { unusual } = explainer.explain(change((value, name) => value * factor ** powerOf(name))).evidence;
    expect((unusual?.magnification ?? 0) / factor).toBeGreaterThan(0.6);
    expect((unusual?.magnification ?? 0) / factor).toBeLessThan(1.6);
  });
});

test('single records and blocks, by kernel or not, agree to the last bit', () => {
  const measurements = fc.tuple(
    fc.nat(diagnostic.training.rows - 1),
    fc.uniqueArray(fc.nat(29), { maxLength: 4 }),
    fc.constantFrom(0.2, 0.9, 1, 1.1, 1.6, 5),
  );
  const ofMeasurements = measurements.map(([row, gaps, factor]) =>
    Array.from(rowsOf(diagnostic)[row], (value, feature) => (gaps.includes(feature) ? NaN : value * factor)),
  );
  for (const [model, sample] of [
    [original, sampleWithMissing],
    [diagnostic, ofMeasurements],
  ] as const) {
    const classifiers = [new Classifier(model), new Classifier(model, { kernel: false })];
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 40 }), (samples) => {
        const expected = samples
          .map((one) => classifiers[1].predict(one))
          .map(({ probability, reasonFlags }) => ({ probability, reasonFlags }));
        for (const classifier of classifiers) {
          const out = createPredictionColumns(samples.length);
          classifier.predictInto(Float64Array.from(samples.flat()), samples.length, out);
          expect(
            samples.map((_, row) => ({ probability: out.probability[row], reasonFlags: out.reasonFlags[row] })),
          ).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  }
});

test('bytes, in which 0 is not measured, give what numbers give', () => {
  fc.assert(
    fc.property(fc.array(sampleWithMissing, { minLength: 1, maxLength: 40 }), (samples) => {
      const [bytes, numbers] = [createPredictionColumns(samples.length), createPredictionColumns(samples.length)];
      ofOriginal.predictInto(
        Uint8Array.from(samples.flat(), (value) => value || 0),
        samples.length,
        bytes,
      );
      ofOriginal.predictInto(Float64Array.from(samples.flat()), samples.length, numbers);
      expect(bytes).toEqual(numbers);
    }),
  );
});

test('the rule adds to what version 1.0.0 finds unusual and changes no probability', () => {
  for (const model of [original, diagnostic]) {
    const before = new Classifier(parseModel(shippedModel(model.name)));
    const now = new Classifier(model);
    for (const row of rowsOf(model)) {
      const [old, recent] = [before.predict(row), now.predict(row)];
      expect(recent.probability).toBe(old.probability);
      expect(recent.reasonFlags & old.reasonFlags).toBe(old.reasonFlags);
      expect(recent.reasonFlags & GREY_ZONE).toBe(old.reasonFlags & GREY_ZONE);
    }
  }
});
