import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { ROOT, runProgram } from './stack-process';
import { thyroidModel } from './third-schema';

const NAME = 'relapse-knn';

/** Stores the next version of `own/relapse-knn` for a tenant with the operator's command. */
export async function addOwnModel(dataDir: string, tenant: string): Promise<void> {
  const path = join(dataDir, 'relapse-knn.json');
  writeFileSync(path, thyroidModel(NAME));
  const args = [join(ROOT, 'scripts/dist/models/main.js'), 'add', path, '--tenant', tenant];
  const program = runProgram(process.execPath, args, { DATA_DIR: dataDir });
  expect([await program.exited, program.stderr()]).toEqual([0, '']);
}

/** Stores a card, an evaluation and a plot of a version of `own/relapse-knn`, as a training does. */
export async function addArtifacts(dataDir: string, tenant: string, version: string): Promise<void> {
  const store = openStore(`file://${dataDir}/objects`);
  const pin = await new ModelRegistry(store).ofTenant(tenant).resolve(`${NAME}@${version}`);
  const figures = { digest: pin.digest, cv: {}, cv_intervals: {}, curves: { reliability: [] } };
  const files = {
    'card.md': '# relapse-knn',
    'evaluation.json': JSON.stringify({ protocol: { repetitions: 1 }, models: { [pin.name]: figures } }),
    'roc.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  };
  for (const [file, text] of Object.entries(files))
    await store.put(ObjectKeys.ownModelsFolder(tenant) + ObjectKeys.artifact(NAME, version, file), Buffer.from(text));
}
