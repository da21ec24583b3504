import { createSchema } from '@cytoqueue/schema';
import { fit } from '@cytoqueue/training';
import { createRandom } from '../src/random';
import { serializeModel } from '../src';

/** A model of many real features, with two overlapping classes; the same bytes at every call. */
export function wideModel(features: number, rows: number): Uint8Array {
  const schema = createSchema({
    title: 'Many measurements',
    labels: ['control', 'case'],
    positive: 'case',
    features: Array.from({ length: features }, (_, i) => ({ name: `f${i + 1}`, type: 'real', min: -10, max: 10 })),
  });
  const random = createRandom(features);
  const labelled = Array.from({ length: rows }, (_, row) => {
    const label = row % 2 === 0 ? 0 : 1;
    const sample = Array.from({ length: features }, (__, i) => (random() - 0.5) * 4 + (i < 3 ? label : 0));
    return { trainingRow: row + 1, sample, label } as const;
  });
  return serializeModel(
    fit(labelled, {
      name: 'wide',
      version: '1.0.0',
      schema,
      metric: 'euclidean',
      rule: 'class-ratio',
      k: 5,
      scaling: 'z-score',
      dataDigest: '',
      limitsOfUse: [],
    }),
  );
}
