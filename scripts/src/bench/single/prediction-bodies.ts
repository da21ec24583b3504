import type { Model } from '@cytoqueue/classifier';
import { createRandom, drawQueries } from '../classifier/queries';

/** Bodies of `POST /v1/predictions`, each with a different record. */
export function predictionBodies(model: Model, count: number, seed = 5): string[] {
  const { featureCount } = model.training;
  const drawn = drawQueries(model, count, createRandom(seed));
  return Array.from({ length: count }, (_, record) => {
    const features = Object.fromEntries(
      model.schema.features.map(({ name }, feature) => [name, drawn[record * featureCount + feature]]),
    );
    return JSON.stringify({ sample_id: `bench-${record}`, features });
  });
}
