import fc from 'fast-check';
import { wbc } from '@cytoqueue/schema';
import type { LabelledSample } from '@cytoqueue/training';
import { type Model, type ModelFile, parseModel, serializeModel } from '../src';

type Kind = Pick<ModelFile, 'k' | 'metric' | 'rule'> & { readonly slope: number };

export interface RandomModel {
  readonly rows: readonly LabelledSample[];
  readonly model: Model;
}

/**
 * Small models of every kind with few grades, so that there are many duplicates and ties; calibration curves may fall.
 */
export const randomModels: fc.Arbitrary<RandomModel> = fc.integer({ min: 2, max: 10 }).chain((highest) => {
  const sample = fc.array(fc.integer({ min: 1, max: highest }), { minLength: 9, maxLength: 9 });
  return fc
    .record({
      benign: fc.array(sample, { minLength: 5, maxLength: 20 }),
      malignant: fc.array(sample, { minLength: 5, maxLength: 20 }),
      kind: fc.record<Kind>({
        k: fc.integer({ min: 1, max: 9 }),
        metric: fc.constantFrom('bray-curtis', 'euclidean'),
        rule: fc.constantFrom('class-ratio', 'votes'),
        slope: fc.constantFrom(5, 1, -2),
      }),
    })
    .map(({ benign, malignant, kind }) => {
      const rows = [...benign, ...malignant].map(
        (values, i) => ({ trainingRow: i + 1, sample: values, label: i < benign.length ? 0 : 1 }) as const,
      );
      return { rows, model: createModel(rows, kind) };
    });
});

function createModel(rows: readonly LabelledSample[], { k, metric, rule, slope }: Kind): Model {
  const isCalibrated = rule === 'class-ratio';
  const scores = (label: number) => rows.filter((row) => row.label === label).map((_, rank) => rank / 7);
  const bytes = serializeModel({
    format: 'cytoqueue-model', format_version: 1, name: 'random', version: '0.0.1', schema: 'wbc', labels: wbc.labels,
    features: wbc.features.map(({ name }) => name), metric, rule, k, scaling: null,
    calibration: isCalibrated ? { epsilon: 0.001, platt: { slope, intercept: 0.1 } } : null,
    alarm: { numerator: 1, denominator: 5 },
    operating_points: { default: 0.5, sensitivity99: 0.3 },
    conformal: isCalibrated ? { benign: scores(0), malignant: scores(1) } : null,
    training: { data_digest: '', rows: rows.map(({ trainingRow }) => trainingRow), labels: rows.map(({ label }) => label), samples: rows.flatMap(({ sample }) => Array.from(sample)) },
    evaluation: {}, limits_of_use: [],
  }); // prettier-ignore
  return parseModel(bytes);
}

/** Grades, up to four of them missing. */
export const sampleWithMissing: fc.Arbitrary<number[]> = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 }),
    fc.uniqueArray(fc.nat(8), { maxLength: 4 }),
  )
  .map(([sample, missing]) => sample.map((value, feature) => (missing.includes(feature) ? NaN : value)));
