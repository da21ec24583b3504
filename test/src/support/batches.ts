import { strict as assert } from 'node:assert';
import type { ContractResponse, ContractClient } from './contract-client';
import { HEADER } from './csv-rows';
import { waitUntil } from './wait-until';

const FINISHED = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

/** Uploads a file. @returns the batch's id */
export async function upload(client: ContractClient, body: string | Buffer | FormData, query = ''): Promise<string> {
  const headers: Record<string, string> = body instanceof FormData ? {} : { 'content-type': 'text/csv' };
  const answer = await client.post(`/v1/batches${query}`, { headers, body });
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.get('location'), `/v1/batches/${answer.json.id}`);
  return answer.json.id;
}

/** Polls until the batch is finished, and asserts that its counts add up and its progress never falls. */
export async function finish(client: ContractClient, id: string): Promise<ContractResponse['json']> {
  let progress = 0;
  return waitUntil(`batch ${id} is finished`, async () => {
    const { status, json, text } = await client.get(`/v1/batches/${id}`);
    assert.equal(status, 200, text);
    const { total, pending, succeeded, rejected, failed } = json.counts;
    assert.equal(pending + succeeded + rejected + failed, total, 'the counts add up');
    assert.ok(json.progress >= progress, 'progress never falls');
    progress = json.progress;
    assert.equal(json.progress === 1, FINISHED.includes(json.status), 'progress is 1 at the end only');
    return FINISHED.includes(json.status) ? json : undefined;
  });
}

/** One batch from upload to its files. */
export async function run(client: ContractClient, body: string | Buffer | FormData, query = '') {
  const id = await upload(client, body, query);
  const batch = await finish(client, id);
  const results = await client.get(`/v1/batches/${id}/results`);
  const errors = await client.get(`/v1/batches/${id}/errors`);
  return { id, batch, results, errors };
}

/**
 * Sends one record and resolves with the finished prediction, however long it takes; `Prefer: wait` saves most of the
 * polling.
 */
export async function score(client: ContractClient, body: object): Promise<ContractResponse['json']> {
  const answer = await client.post('/v1/predictions', { headers: { prefer: 'wait=20' }, json: body });
  assert.ok([201, 202].includes(answer.status), answer.text);
  if (answer.status === 201) return answer.json;
  return waitUntil('the record has ended', async () => {
    const { json } = await client.get(`/v1/predictions/${answer.json.id}`);
    return FINISHED.includes(json.status) && json;
  });
}

/** Distinct rows, some of them rejected, so that every shard has different results and some errors. */
export function variedFile(rows: number): string {
  const row = (i: number) =>
    `r${i},${1 + (i % 10)},1,${1 + (i % 7)},1,2,${i % 5 === 0 ? '' : 1 + (i % 9)},3,1,${i % 501 === 0 ? 11 : 1}\n`;
  return HEADER + Array.from({ length: rows }, (_, i) => row(i)).join('');
}
