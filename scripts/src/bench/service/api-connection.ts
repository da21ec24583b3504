import { once } from 'node:events';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Batch, CytoqueueClient } from '@cytoqueue/client';

export interface CreatedPrediction {
  readonly id: string;
  /** When it was waited for. */
  readonly result?: { readonly probability_malignant: number };
}

/** As many clients as ask at once keep their connection each. */
export class ApiConnection {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  /** A file as a raw body, streamed. @returns the id of the accepted batch */
  async uploadBatch(file: string): Promise<string> {
    const answer = await this.send(
      'POST',
      '/v1/batches',
      { 'content-type': 'text/csv' },
      createReadStream(file, { highWaterMark: 1024 * 1024 }),
    );
    return ((await readJson(answer, 202)) as { id: string }).id;
  }

  /** As they are announced, until the batch has ended: nothing of the time between two looks is counted as the service's. */
  batchStates(id: string): AsyncGenerator<Batch> {
    return new CytoqueueClient({ url: this.url, apiKey: this.key }).batchEvents(id);
  }

  /** Written as it comes: a stream to the file takes half as long again, which would be counted as the service's. */
  async downloadResults(id: string, file: string): Promise<void> {
    const answer = await this.send('GET', `/v1/batches/${id}/results`);
    const target = openSync(file, 'w');
    try {
      for await (const chunk of answer as AsyncIterable<Uint8Array>)
        for (let at = 0; at < chunk.length;) at += writeSync(target, chunk, at);
    } finally {
      closeSync(target);
    }
  }

  /** @returns what was answered, with the status that was expected. @throws Error on any other */
  async createPrediction(body: string, waitSeconds?: number): Promise<CreatedPrediction> {
    const prefer = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` };
    const answer = await this.send('POST', '/v1/predictions', { 'content-type': 'application/json', ...prefer }, body);
    return (await readJson(answer, waitSeconds === undefined ? 202 : 201)) as CreatedPrediction;
  }

  async getPrediction(id: string): Promise<{ status: string }> {
    return (await readJson(await this.send('GET', `/v1/predictions/${id}`), 200)) as { status: string };
  }

  close(): void {
    this.agent.destroy();
  }

  private async send(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders = {},
    body?: string | Readable,
  ): Promise<IncomingMessage> {
    const length = typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {};
    const sending = request(this.url + path, {
      method,
      agent: this.agent,
      headers: { authorization: `Bearer ${this.key}`, ...length, ...headers },
    });
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    if (body === undefined || typeof body === 'string') sending.end(body);
    else await Promise.race([pipeline(body, sending), answered]);
    return (await answered)[0];
  }
}

async function readJson(answer: IncomingMessage, status: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (answer.statusCode !== status) throw new Error(`answered ${answer.statusCode} instead of ${status}: ${text}`);
  return JSON.parse(text);
}
