import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fit } from '@cytoqueue/training';
import { type Model, parseModel, serializeModel } from '@cytoqueue/classifier';
import { wdbc } from '@cytoqueue/schema';
import { modelsDirectory } from '../../train/shipped-models';
import { readTrainingFile } from '../../train/training-file';

/** Shipped models. */
export function benchModels(): Model[] {
  return [shippedModel('wbc-knn'), shippedModel('wbc-knn-euclidean'), diagnosticModel()];
}

export function shippedModel(name: string): Model {
  return parseModel(readFileSync(join(modelsDirectory, name, '1.0.0.json')));
}

/** Returns the shipped model, or one fitted from the same data. */
function diagnosticModel(): Model {
  if (existsSync(join(modelsDirectory, 'wdbc-knn'))) return shippedModel('wdbc-knn');
  const { complete, digest } = readTrainingFile(
    join(__dirname, '../../../../packages/schema/data/wisconsin-diagnostic.csv'),
    wdbc,
  );
  const options = {
    name: 'wdbc-knn',
    version: '1.0.0',
    schema: wdbc,
    metric: 'euclidean',
    rule: 'class-ratio',
    k: 5,
    scaling: 'z-score',
  } as const;
  return parseModel(serializeModel(fit(complete, { ...options, dataDigest: digest, limitsOfUse: [] })));
}
