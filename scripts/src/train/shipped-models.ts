import { join } from 'node:path';
import { type Schema, wbc, wdbc } from '@cytoqueue/schema';
import { listArtifacts } from './artifacts';
import { recipesFor } from './recipes';
import type { TrainingReport } from './report';
import { defaultSeed, train } from './train';
import { readTrainingFile } from './training-file';
import { addTrust } from './trust';

const packagesDirectory = join(__dirname, '../../../packages');

/** Folder of the shipped models: `{name}/{version}.json`, with card, plots and evaluation in `{name}/{version}/`. */
export const modelsDirectory = join(packagesDirectory, 'registry/models');

export const shippedVersion = '1.0.0';

/** Version of each data set's main model that also recognises records and files unlike its training data. */
export const trustedVersion = '1.1.0';

/** Data files that the shipped models are trained on. */
export const shippedData: readonly { readonly path: string; readonly schema: Schema }[] = [
  { path: join(packagesDirectory, 'schema/data/wisconsin-original.csv'), schema: wbc },
  { path: join(packagesDirectory, 'schema/data/wisconsin-diagnostic.csv'), schema: wdbc },
];

/** Trains the shipped models. @returns files by path below `modelsDirectory`; the same bytes on every machine */
export function buildShippedModels(onProgress?: (schema: Schema, done: number) => void): Map<string, Uint8Array> {
  const files = shippedData.flatMap(({ path, schema }) => {
    const file = readTrainingFile(path, schema);
    const reportProgress = (done: number) => onProgress?.(schema, done);
    const trained = train(file, { schema, version: shippedVersion, seed: defaultSeed, onProgress: reportProgress });
    return [listArtifacts(trained), buildTrustedModel(schema, trained.report)];
  });
  return new Map(files.flatMap((entries) => [...entries]));
}

/** Builds only the trusted version, from an existing comparison; takes a minute or two. */
function buildTrustedModel(schema: Schema, report: TrainingReport): Map<string, Uint8Array> {
  const data = shippedData.find((one) => one.schema.id === schema.id);
  if (data === undefined) throw new RangeError(`no data of ${schema.id} ship`);
  const [recipe] = recipesFor(schema);
  if (recipe === undefined) throw new RangeError(`no model of ${schema.id} ships`);
  return listArtifacts(addTrust(recipe, readTrainingFile(data.path, schema), schema, trustedVersion, report));
}
