import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
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

  /**
   * Uploads a file as the raw body with curl: Node's HTTP client takes a third longer, which would count as the
   * service's time. `--upload-file` sends the file while reading it.
   * @returns the id of the accepted batch. @throws Error on another status than 202
   */
  async uploadBatch(file: string, explain = false): Promise<string> {
    const path = explain ? '/v1/batches?explain=true' : '/v1/batches';
    const upload = ['--header', 'content-type: text/csv', '--request', 'POST', '--upload-file', file];
    const answer = await this.curl(path, [...upload, '--write-out', '%{http_code}']);
    const [body, status] = [answer.slice(0, -3), answer.slice(-3)];
    if (status !== '202') throw new Error(`answered ${status} instead of 202: ${body}`);
    return (JSON.parse(body) as { id: string }).id;
  }

  /** Follows the batch by events, so that no polling interval counts as the service's time. */
  batchStates(id: string): AsyncGenerator<Batch> {
    return new CytoqueueClient({ url: this.url, apiKey: this.key }).batchEvents(id);
  }

  /** With curl, like the upload. */
  async downloadResults(id: string, file: string): Promise<void> {
    await this.curl(`/v1/batches/${id}/results`, ['--output', file]);
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

  /**
   * Runs curl without the user's own settings (`-q`, `--noproxy`). @returns the response body
   * @throws Error on an unsuccessful status
   */
  private async curl(path: string, options: readonly string[]): Promise<string> {
    const own = ['-q', '--noproxy', '*', '--silent', '--show-error', '--fail-with-body'];
    const key = ['--header', `authorization: Bearer ${this.key}`];
    try {
      return (await promisify(execFile)('curl', [...own, ...key, ...options, this.url + path])).stdout;
    } catch (cause) {
      const { code, stdout = '', message } = cause as NodeJS.ErrnoException & { stdout?: string };
      const reason = code === 'ENOENT' ? 'curl is not installed: apt-get install curl' : message + stdout;
      throw new Error(reason, { cause });
    }
  }

  private async send(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders = {},
    body?: string,
  ): Promise<IncomingMessage> {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sending = request(this.url + path, {
      method,
      agent: this.agent,
      headers: { authorization: `Bearer ${this.key}`, ...length, ...headers },
    });
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    sending.end(body);
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
