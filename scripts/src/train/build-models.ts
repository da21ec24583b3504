/**
 * Writes what ships into packages/registry/models: `node scripts/dist/train/build-models.js`. Takes a minute or two.
 */
import { writeFiles } from './artifacts';
import { buildShippedModels, modelsDirectory } from './shipped-models';

const files = buildShippedModels((schema, done) => {
  if (Number.isInteger(Math.round(done * 1000) / 100)) console.log(`${schema.id}: ${Math.round(done * 100)} %`);
});
writeFiles(modelsDirectory, files);
for (const [path, bytes] of files) console.log(`${path}: ${bytes.length} bytes`);
