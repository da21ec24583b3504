import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runProgram } from './stack-process';
import { thyroidModel } from './third-schema';

/** Stores the next version of `own/relapse-knn` for a tenant with the operator's command. */
export async function addOwnModel(dataDir: string, tenant: string): Promise<void> {
  const path = join(dataDir, 'relapse-knn.json');
  writeFileSync(path, thyroidModel('relapse-knn'));
  const args = [join(ROOT, 'scripts/dist/models/main.js'), 'add', path, '--tenant', tenant];
  const program = runProgram(process.execPath, args, { DATA_DIR: dataDir });
  expect([await program.exited, program.stderr()]).toEqual([0, '']);
}
