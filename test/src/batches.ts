import type { Answer, ContractClient } from './contract-client';
import { waitUntil } from './wait-until';

const FINISHED = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

/** Uploads a file; resolves with the batch's id. */
export async function upload(client: ContractClient, body: string | Buffer | FormData, query = ''): Promise<string> {
  const headers: Record<string, string> = body instanceof FormData ? {} : { 'content-type': 'text/csv' };
  const answer = await client.post(`/v1/batches${query}`, { headers, body });
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/v1/batches/${answer.json.id}`);
  return answer.json.id;
}

/** Polls until the batch is finished; on the way its counts must add up and its progress must not fall. */
export async function finish(client: ContractClient, id: string): Promise<Answer['json']> {
  let progress = 0;
  return waitUntil(`batch ${id} is finished`, async () => {
    const { json } = await client.get(`/v1/batches/${id}`);
    const { total, pending, succeeded, rejected, failed } = json.counts;
    expect(pending + succeeded + rejected + failed).toBe(total);
    expect(json.progress).toBeGreaterThanOrEqual(progress);
    progress = json.progress;
    expect(json.progress === 1).toBe(FINISHED.includes(json.status));
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
