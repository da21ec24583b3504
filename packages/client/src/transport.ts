import { ConnectionError, parseResponse, toApiError } from './api-error';
import { type RetryPolicy, defaultRetry, withRetries } from './retry';

export interface ClientOptions {
  /** Where the API is, such as `https://cytoqueue.example`; the page's own origin when left out. */
  url?: string;
  /** Left out in a browser, where the session cookie stands for it. */
  apiKey?: string;
  fetch?: typeof fetch;
  retry?: Partial<RetryPolicy>;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface ApiRequest extends CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Made anew for each try. */
  body?: () => ReadableStream<Uint8Array>;
  /** Whether the request may be sent again when its answer is lost: so it is for GET, PUT and DELETE, and with an idempotency key. */
  retryable?: boolean;
}

/** Requests with the key, the API's errors as `ApiError`, and retries where they are safe. */
export class Transport {
  readonly retry: RetryPolicy;
  private readonly url: string;
  private readonly apiKey: string | undefined;
  private readonly fetch: typeof fetch;

  constructor({ url = '', apiKey, fetch: given, retry }: ClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.apiKey = apiKey;
    this.fetch = given ?? ((input, init) => fetch(input, init));
    this.retry = { ...defaultRetry, ...retry };
  }

  /** A body that breaks off counts as a lost answer: the request is repeated where that is safe. */
  json<T>(request: ApiRequest): Promise<T> {
    return this.repeat(request, async () => {
      const response = await this.sendOnce(request);
      return parseResponse<T>(await readText(response, request.signal), response.headers.get('Content-Type'));
    });
  }

  /** The same for an answer that is no JSON. */
  text(request: ApiRequest): Promise<string> {
    return this.repeat(request, async () => readText(await this.sendOnce(request), request.signal));
  }

  /** @throws ApiError for every answer that is not a success; ConnectionError when none came; the signal's reason */
  send(request: ApiRequest): Promise<Response> {
    return this.repeat(request, () => this.sendOnce(request));
  }

  async sendOnce(request: ApiRequest): Promise<Response> {
    const response = await this.fetchOnce(request);
    if (response.ok) return response;
    // The status alone says enough when the problem document is cut off.
    const text = await readText(response, request.signal).catch((error: unknown) => {
      if (error instanceof ConnectionError) return '';
      throw error;
    });
    throw toApiError({ status: response.status, header: (name) => response.headers.get(name), text });
  }

  private repeat<T>(request: ApiRequest, attempt: () => Promise<T>): Promise<T> {
    const retryable = request.retryable ?? (request.method ?? 'GET') !== 'POST';
    return retryable ? withRetries(this.retry, request.signal, attempt) : attempt();
  }

  buildUrl({ path, query = {} }: Pick<ApiRequest, 'path' | 'query'>): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    return this.url + path + (search.size === 0 ? '' : `?${search.toString()}`);
  }

  headers({ headers = {}, json }: Pick<ApiRequest, 'headers' | 'json'>): Record<string, string> {
    const all = {
      Authorization: this.apiKey === undefined ? undefined : `Bearer ${this.apiKey}`,
      'Content-Type': json === undefined ? undefined : 'application/json',
      ...headers,
    };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  private async fetchOnce(request: ApiRequest): Promise<Response> {
    const { method = 'GET', json, body, signal } = request;
    const init: RequestInit & { duplex: 'half' } = {
      method,
      headers: this.headers(request),
      body: json === undefined ? body?.() : JSON.stringify(json),
      signal,
      // Node.js wants it for a body that is a stream; elsewhere it means nothing.
      duplex: 'half',
    };
    try {
      return await this.fetch(this.buildUrl(request), init);
    } catch (error) {
      signal?.throwIfAborted();
      throw new ConnectionError('the service cannot be reached', { cause: error });
    }
  }
}

/** @throws ConnectionError when the body breaks off; the signal's reason */
async function readText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('the answer broke off', { cause: error });
  }
}
