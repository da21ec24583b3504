/** Builds the shipped models in packages/registry/models: `node scripts/dist/train/build-models.js`. */
import { writeFiles } from './artifacts';
import { buildShippedModels, modelsDirectory } from './shipped-models';

const files = buildShippedModels((schema, done) => {
  if (Number.isInteger(Math.round(done * 1000) / 100)) console.log(`${schema.id}: ${Math.round(done * 100)} %`);
});
writeFiles(modelsDirectory, files);
for (const [path, bytes] of files) console.log(`${path}: ${bytes.length} bytes`);
