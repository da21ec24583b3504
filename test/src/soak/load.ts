import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectKeys, type PredictionCompletion, isPending } from '@cytoqueue/records';
import type { ContractResponse } from '../support/contract-client';
import type { FaultStack } from '../support/fault-stack';
import { waitUntil } from '../support/wait-until';

const BATCH_INTERVAL_MS = 2_000;
const BATCH_CONCURRENCY = 4;
const RECORDS_PER_SECOND = 5;
const RECORD_CONCURRENCY = 40;
const RETRY_MS = 1_000;
/** After the last fault all accepted work must finish within this time; locks of killed workers last a minute. */
const SETTLE_MS = 240_000;

/** Responses that a client received, and the final results. */
export interface LoadCounts {
  batches: number;
  records: number;
  /** Requests that were refused or cut off, and repeated with the same key. */
  retries: number;
  /** The longest time from a record's first request to its result. */
  slowestRecordMs: number;
}

/**
 * Labs and clinicians that repeat requests, always with an Idempotency-Key, until accepted. Every finished batch is
 * checked against the invariant and deleted; every record is compared with its result from an undisturbed run.
 */
export class Load {
  readonly counts: LoadCounts = { batches: 0, records: 0, retries: 0, slowestRecordMs: 0 };
  readonly failures: string[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly accepted = new Set<string>();
  private stopped = false;
  private expected = '';
  private sent = 0;

  constructor(private readonly faults: FaultStack) {}

  async start(): Promise<void> {
    const { json } = await this.faults.predict({ prefer: 'wait=30' });
    this.expected = JSON.stringify(json.result);
    void this.repeat(BATCH_INTERVAL_MS, BATCH_CONCURRENCY, () => this.sendBatch());
    void this.repeat(1_000 / RECORDS_PER_SECOND, RECORD_CONCURRENCY, () => this.sendRecord());
  }

  /** Sends no new work; resolves when all work has finished and was checked. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
    await this.check('nothing else is there', () => this.expectNothingElse());
  }

  private async repeat(everyMs: number, atOnce: number, work: () => Promise<void>): Promise<void> {
    const own = new Set<Promise<void>>();
    for (; !this.stopped; await sleep(everyMs)) {
      if (own.size >= atOnce) continue;
      const task: Promise<void> = work().finally(() => (own.delete(task), this.running.delete(task)));
      own.add(task);
      this.running.add(task);
    }
  }

  private async sendBatch(): Promise<void> {
    const key = `soak-batch-${++this.sent}`;
    const id = await this.waitUntilAccepted(() => this.faults.post({ 'idempotency-key': key }));
    this.counts.batches++;
    await this.check(id, async () => {
      const manifest = ObjectKeys.runManifest('local', id, 1);
      await waitUntil(
        `${id} has ended`,
        async () => (await this.faults.store.head(manifest)) !== undefined && !(await this.isPending(id)),
        SETTLE_MS,
      );
      const { failed_shards: failed } = await this.faults.expectInvariant(id);
      assert.deepEqual(failed, [], 'no shard has failed');
    });
    await this.waitUntilDone(() => this.faults.client.call('delete', `/v1/batches/${id}`), [204, 404]);
    this.accepted.delete(id);
  }

  private async sendRecord(): Promise<void> {
    const key = `soak-record-${++this.sent}`;
    const startedMs = performance.now();
    const id = await this.waitUntilAccepted(() => this.faults.predict({ 'idempotency-key': key, prefer: 'wait=10' }));
    this.counts.records++;
    await this.check(id, async () => {
      const result = ObjectKeys.predictionCompletion('local', id);
      await waitUntil(`${id} has ended`, async () => (await this.faults.store.head(result)) !== undefined, SETTLE_MS);
      this.counts.slowestRecordMs = Math.max(this.counts.slowestRecordMs, performance.now() - startedMs);
      const end = JSON.parse((await this.faults.store.get(result)).toString()) as PredictionCompletion;
      assert.equal(end.status, 'succeeded');
      assert.deepEqual(
        'result' in end && end.result,
        JSON.parse(this.expected),
        'the answer is the one given in peace',
      );
      await waitUntil(`${id} is not pending`, async () => !(await this.isPending(id)), SETTLE_MS);
    });
  }

  private async waitUntilAccepted(send: () => Promise<ContractResponse>): Promise<string> {
    const { json } = await this.waitUntilDone(send, [201, 202]);
    this.accepted.add(json.id as string);
    return json.id as string;
  }

  private async waitUntilDone(
    send: () => Promise<ContractResponse>,
    statuses: readonly number[],
  ): Promise<ContractResponse> {
    for (;;) {
      const answer = await send().catch((error: unknown) => this.recordFailure(error));
      if (answer !== undefined && statuses.includes(answer.status)) return answer;
      if (answer !== undefined && ![503, 507].includes(answer.status))
        this.failures.push(`answered ${answer.status}: ${answer.text}`);
      this.counts.retries++;
      await sleep(RETRY_MS);
    }
  }

  /** Accepts closed connections, which a killed API causes; any other error is a failure. */
  private recordFailure(error: unknown): undefined {
    if (!(error instanceof TypeError)) this.failures.push(String(error));
    return undefined;
  }

  private async check(what: string, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.failures.push(`${what}: ${(error as Error).message}`);
    }
  }

  private isPending(id: string): Promise<boolean> {
    return isPending(this.faults.store, 'local', id);
  }

  /** Asserts that there is exactly one batch per accepted key and no pending marker. */
  private async expectNothingElse(): Promise<void> {
    const { json } = await this.faults.client.get('/v1/batches?limit=100');
    const known = [...this.accepted, this.faults.undisturbedId];
    const unknown = (json.data as { id: string }[]).map(({ id }) => id).filter((id) => !known.includes(id));
    assert.deepEqual(unknown, [], 'every batch was accepted by the client, once');
    const { objects } = await this.faults.store.list({ prefix: ObjectKeys.pendingFolder });
    assert.deepEqual(
      objects.map(({ key }) => key),
      [],
      'nothing is pending',
    );
  }
}
