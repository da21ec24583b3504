import { strict as assert } from 'node:assert';
import type { ContractClient, ContractResponse } from './contract-client';
import { waitUntil } from './wait-until';

/** Sends a labelled file and the fields of the form. @returns the training's id */
export async function startTraining(
  client: ContractClient,
  file: string | Buffer,
  fields: Record<string, string>,
): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(Buffer.from(file))]), 'cases.csv');
  const answer = await client.post('/v1/trainings', { body: form });
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.get('location'), `/v1/trainings/${answer.json.id}`);
  return answer.json.id;
}

/** Polls until the training has ended, and asserts that its progress never falls. */
export async function finishTraining(client: ContractClient, id: string): Promise<ContractResponse['json']> {
  let progress = 0;
  return waitUntil(`training ${id} has ended`, async () => {
    const { status, json, text } = await client.get(`/v1/trainings/${id}`);
    assert.equal(status, 200, text);
    assert.ok(json.progress >= progress, 'progress never falls');
    progress = json.progress;
    const hasEnded = ['succeeded', 'failed', 'canceled'].includes(json.status);
    assert.equal(json.progress === 1, hasEnded, 'progress is 1 at the end only');
    return hasEnded ? json : undefined;
  });
}
