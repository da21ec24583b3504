/** Writes the models that ship into packages/registry/models: `node scripts/dist/train/build-models.js`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildShippedModels, modelsDirectory } from './shippedmodels';

for (const { path, bytes } of buildShippedModels()) {
  const target = join(modelsDirectory, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, bytes);
  console.log(`${path}: ${bytes.length} bytes`);
}
