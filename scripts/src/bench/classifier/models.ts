import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Model, parseModel } from '@cytoqueue/classifier';
import { modelsDirectory } from '../../train/shipped-models';

/** Shipped models. */
export function benchModels(): Model[] {
  return ['wbc-knn', 'wbc-knn-euclidean', 'wdbc-knn'].map(shippedModel);
}

/** The newest shipped version: fresh installations make it the champion. */
export function shippedModel(name: string): Model {
  const folder = join(modelsDirectory, name);
  const versions = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const newest = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return parseModel(readFileSync(join(folder, newest as string)));
}
