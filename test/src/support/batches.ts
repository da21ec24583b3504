import { strict as assert } from 'node:assert';
import type { Answer, ContractClient } from './contract-client';
import { waitUntil } from './wait-until';

const FINISHED = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

/** Uploads a file; resolves with the batch's id. */
export async function upload(client: ContractClient, body: string | Buffer | FormData, query = ''): Promise<string> {
  const headers: Record<string, string> = body instanceof FormData ? {} : { 'content-type': 'text/csv' };
  const answer = await client.post(`/v1/batches${query}`, { headers, body });
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.get('location'), `/v1/batches/${answer.json.id}`);
  return answer.json.id;
}

/** Polls until the batch is finished; on the way its counts must add up and its progress must not fall. */
export async function finish(client: ContractClient, id: string): Promise<Answer['json']> {
  let progress = 0;
  return waitUntil(`batch ${id} is finished`, async () => {
    const { json } = await client.get(`/v1/batches/${id}`);
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
