import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Batch, CytoqueueClient } from '@cytoqueue/client';

export interface CreatedPrediction {
  readonly id: string;
  /** Wait for the result. */
  readonly result?: { readonly probability_malignant: number };
}

/** Each concurrent client keeps its own connection. */
export class ApiConnection {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  /** Uploads a file as a raw streamed body. @returns the id of the accepted batch */
  async uploadBatch(file: string, explain = false): Promise<string> {
    const answer = await this.send(
      'POST',
      explain ? '/v1/batches?explain=true' : '/v1/batches',
      { 'content-type': 'text/csv' },
      createReadStream(file, { highWaterMark: 1024 * 1024 }),
    );
    return ((await readJson(answer, 202)) as { id: string }).id;
  }

  /** Follows the batch by events, so that no polling interval counts as the service's time. */
  batchStates(id: string): AsyncGenerator<Batch> {
    return new CytoqueueClient({ url: this.url, apiKey: this.key }).batchEvents(id);
  }

  /** With curl, as users do: Node's HTTP client takes twice as long, which would count as the service's time. */
  async downloadResults(id: string, file: string): Promise<void> {
    const url = `${this.url}/v1/batches/${id}/results`;
    const key = ['--header', `authorization: Bearer ${this.key}`];
    await promisify(execFile)('curl', ['--silent', '--show-error', '--fail', '--output', file, ...key, url]).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new Error('curl is not installed: apt-get install curl') : error;
      },
    );
  }

  /** @returns the response body. @throws Error on an unexpected status */
  async createPrediction(body: string, waitSeconds?: number): Promise<CreatedPrediction> {
    const prefer = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` };
    const answer = await this.send('POST', '/v1/predictions', { 'content-type': 'application/json', ...prefer }, body);
    return (await readJson(answer, waitSeconds === undefined ? 202 : 201)) as CreatedPrediction;
  }

  async getPrediction(id: string): Promise<CreatedPrediction & { status: string }> {
    return (await readJson(await this.send('GET', `/v1/predictions/${id}`), 200)) as CreatedPrediction & {
      status: string;
    };
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
