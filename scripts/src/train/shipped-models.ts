import { join } from 'node:path';
import { type Schema, wbc, wdbc } from '@cytoqueue/schema';
import { listArtifacts } from './artifacts';
import { defaultSeed, train } from './train';
import { readTrainingFile } from './training-file';

const packagesDirectory = join(__dirname, '../../../packages');

/** Where the shipped models lie: `{name}/{version}.json`, with card, plots and evaluation in `{name}/{version}/`. */
export const modelsDirectory = join(packagesDirectory, 'registry/models');

export const shippedVersion = '1.0.0';

/** The data that ship. */
export const shippedData: readonly { readonly path: string; readonly schema: Schema }[] = [
  { path: join(packagesDirectory, 'schema/data/wisconsin-original.csv'), schema: wbc },
  { path: join(packagesDirectory, 'schema/data/wisconsin-diagnostic.csv'), schema: wdbc },
];

/** Trains what ships from the data that ship: the same bytes on every machine, by path below `modelsDirectory`. */
export function buildShippedModels(onProgress?: (schema: Schema, done: number) => void): Map<string, Uint8Array> {
  const files = shippedData.map(({ path, schema }) =>
    listArtifacts(
      train(readTrainingFile(path, schema), {
        schema,
        version: shippedVersion,
        seed: defaultSeed,
        onProgress: (done) => onProgress?.(schema, done),
      }),
    ),
  );
  return new Map(files.flatMap((some) => [...some]));
}
