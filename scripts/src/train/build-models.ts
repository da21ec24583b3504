/** Builds the shipped models in packages/registry/models: `node scripts/dist/train/build-models.js`. */
import { writeFiles } from './artifacts';
import { compareShippedVersions } from './compare-versions';
import { buildShippedModels, modelsDirectory, shippedData } from './shipped-models';

const files = buildShippedModels((schema, done) => {
  if (Number.isInteger(Math.round(done * 1000) / 100)) console.log(`${schema.id}: ${Math.round(done * 100)} %`);
});
writeFiles(modelsDirectory, files);
// The versions are complete, so that each can be compared with the others.
for (const { schema } of shippedData) writeFiles(modelsDirectory, compareShippedVersions(schema));
for (const [path, bytes] of files) console.log(`${path}: ${bytes.length} bytes`);
