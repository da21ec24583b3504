import { join } from 'node:path';
import { fit, type FitOptions, serializeModel } from '@cytoqueue/classifier';
import { wbc } from '@cytoqueue/schema';
import { readTrainingFile } from './trainingfile';

const packagesDirectory = join(__dirname, '../../../packages');

/** Where the shipped models lie, as `{name}/{version}.json`. */
export const modelsDirectory = join(packagesDirectory, 'registry/models');

const limitsOfUse = [
  'Not a medical device: a second opinion for trained readers, never the only basis of a diagnosis.',
  'Trained on records of 1989 to 1995 from one hospital, graded by few observers; no external validation.',
  'Every figure comes from the training data themselves and says nothing about another laboratory.',
];

interface Recipe {
  readonly dataFile: string;
  readonly options: Omit<FitOptions, 'dataDigest' | 'limitsOfUse'>;
}

const original = { schema: wbc, version: '1.0.0', k: 5 } satisfies Partial<FitOptions>;

const recipes: readonly Recipe[] = [
  {
    dataFile: 'wisconsin-original.csv',
    options: { ...original, name: 'wbc-knn', metric: 'bray-curtis', rule: 'class-ratio' },
  },
  {
    dataFile: 'wisconsin-original.csv',
    options: { ...original, name: 'wbc-knn-euclidean', metric: 'euclidean', rule: 'votes' },
  },
];

export interface ShippedModel {
  /** Relative to `modelsDirectory`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Builds the models that ship, from the data that ship: the same bytes on every machine. */
export function buildShippedModels(): ShippedModel[] {
  return recipes.map(({ dataFile, options }) => {
    const { digest, complete } = readTrainingFile(join(packagesDirectory, 'schema/data', dataFile), options.schema);
    const file = fit(complete, { ...options, dataDigest: digest, limitsOfUse });
    return { path: join(options.name, `${options.version}.json`), bytes: serializeModel(file) };
  });
}
