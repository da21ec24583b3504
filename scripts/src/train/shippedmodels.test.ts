import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildShippedModels, modelsDirectory } from './shippedmodels';

test.each(buildShippedModels())('$path is what the shipped data give', ({ path, bytes }) => {
  expect(readFileSync(join(modelsDirectory, path)).equals(bytes)).toBe(true);
});
