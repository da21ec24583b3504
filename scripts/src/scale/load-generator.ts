import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, type CytoqueueClient, isBatchFinished } from '@cytoqueue/client';

export interface Arrival {
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly rows: number;
}

const POLL_INTERVAL_MS = 100;

/** Uploads the same file repeatedly, each time as a new batch. */
export class LoadGenerator {
  readonly arrivals: Arrival[] = [];

  constructor(
    private readonly client: CytoqueueClient,
    private readonly file: string,
    private readonly rows: number,
  ) {}

  acceptedRows(untilMs: number): number {
    return this.arrivals.filter(({ acceptedAtMs }) => acceptedAtMs <= untilMs).length * this.rows;
  }

  async upload(): Promise<void> {
    const { id } = await this.client.uploadBatch(
      { stream: () => createReadStream(this.file) },
      { filename: 'rows.csv' },
    );
    this.arrivals.push({ id, acceptedAtMs: Date.now(), rows: this.rows });
  }

  /** Resolves with all batches when all are finished. */
  async waitUntilFinished(): Promise<Batch[]> {
    const finished: Batch[] = [];
    for (const { id } of this.arrivals) {
      let batch = await this.client.getBatch(id);
      while (!isBatchFinished(batch)) {
        await sleep(POLL_INTERVAL_MS);
        batch = await this.client.getBatch(id);
      }
      finished.push(batch);
    }
    return finished;
  }
}
