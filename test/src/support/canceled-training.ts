import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContractClient } from './contract-client';
import { whilePaused } from './paused-workers';
import { ROOT } from './stack-process';

/** Starts a training on the first rows of the shipped data and cancels it before a worker takes it. @returns its id */
export function canceledTraining(client: ContractClient, dataDir: string): Promise<string> {
  return whilePaused(dataDir, () => startAndCancel(client));
}

async function startAndCancel(client: ContractClient): Promise<string> {
  const data = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-original.csv'), 'utf8');
  const body = data.split('\n', 121).join('\n');
  const path = '/v1/trainings?name=mylab&schema=wbc&label=class&group=sample_code_number';
  const started = await client.post(path, { headers: { 'content-type': 'text/csv' }, body });
  assert.equal(started.status, 202, started.text);
  const { id } = started.json;
  const canceled = await client.post(`/v1/trainings/${id}/cancel`);
  assert.deepEqual([canceled.status, canceled.json.status], [202, 'canceled'], canceled.text);
  return id;
}
