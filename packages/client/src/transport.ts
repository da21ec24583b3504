import { ConnectionError, parseResponse, toApiError } from './api-error';
import { type RetryPolicy, defaultRetry, withRetries } from './retry';

export interface ClientOptions {
  /** URL of the API, such as `https://cytoqueue.example`; by default the page's origin. */
  url?: string;
  /** Not needed in a browser with a session cookie. */
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
  /** Called for each attempt. */
  body?: () => ReadableStream<Uint8Array> | Blob;
  /** Whether the request may be repeated when its response is lost. Default: every method except POST. */
  retryable?: boolean;
}

/** Sends requests with the API key, converts error responses to `ApiError` and retries idempotent requests. */
export class Transport {
  readonly retry: RetryPolicy;
  private readonly url: string;
  private readonly apiKey: string | undefined;
  private readonly fetch: typeof fetch;

  constructor({ url = '', apiKey, fetch: customFetch, retry }: ClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.apiKey = apiKey;
    this.fetch = customFetch ?? ((input, init) => fetch(input, init));
    this.retry = { ...defaultRetry, ...retry };
  }

  /** An interrupted body counts as a lost response: an idempotent request is repeated. */
  json<T>(request: ApiRequest): Promise<T> {
    return this.repeat(request, async () => {
      const response = await this.sendOnce(request);
      return parseResponse<T>(await readText(response, request.signal), response.headers.get('Content-Type'));
    });
  }

  /** Like `json`, for a text response. */
  text(request: ApiRequest): Promise<string> {
    return this.repeat(request, async () => readText(await this.sendOnce(request), request.signal));
  }

  /** @throws ApiError for an error status, ConnectionError without a response, or the signal's reason */
  send(request: ApiRequest): Promise<Response> {
    return this.repeat(request, () => this.sendOnce(request));
  }

  async sendOnce(request: ApiRequest): Promise<Response> {
    const response = await this.fetchOnce(request);
    if (response.ok) return response;
    // If the problem document is truncated, report the status alone.
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
      // Node.js requires it for a streaming body.
      duplex: 'half',
    };
    try {
      return await this.fetch(this.buildUrl(request), init);
    } catch (error) {
      signal?.throwIfAborted();
      throw new ConnectionError('the service cannot be reached; check the URL and the network', { cause: error });
    }
  }
}

/** @throws ConnectionError when the body is interrupted, or the signal's reason */
async function readText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('the response was interrupted', { cause: error });
  }
}
