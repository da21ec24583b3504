/** The parts of the API's answers that the demo shows; the whole stands in /openapi.json. */
export interface BatchStatus {
  readonly id: string;
  readonly status: string;
  readonly counts: { readonly total: number; readonly pending: number; readonly succeeded: number; readonly rejected: number; readonly failed: number };
  readonly summary?: { readonly benign: number; readonly malignant: number; readonly indeterminate: number; readonly missing_features: number };
  readonly progress: number;
  readonly model: { readonly name: string; readonly version: string };
}

export interface Neighbor {
  readonly training_row: number;
  readonly class: string;
  readonly distance: number;
  readonly features: Readonly<Record<string, number | null>>;
}

export interface Prediction {
  readonly id: string;
  readonly status: string;
  readonly features: Readonly<Record<string, number | null>>;
  readonly result?: {
    readonly predicted_class: string;
    readonly probability_malignant: number;
    readonly outcome: string;
    readonly reasons: readonly string[];
    readonly neighbors: readonly Neighbor[];
    readonly evidence: {
      readonly shapley: { readonly base: number; readonly values: Readonly<Record<string, number>> };
      readonly flip: { readonly changes: readonly { readonly feature: string; readonly from: number; readonly to: number }[]; readonly predicted_class: string } | null;
    };
  };
}

/** An answer that is not what was asked for, with the API's own explanation. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
}

/** Speaks to one API with one key. */
export class ApiClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async createBatch(csv: Uint8Array<ArrayBuffer>): Promise<{ id: string }> {
    const response = await this.#send('POST', '/v1/batches', { 'content-type': 'text/csv' }, csv);
    return (await response.json()) as { id: string };
  }

  async getBatch(id: string): Promise<BatchStatus> {
    return (await (await this.#send('GET', `/v1/batches/${id}`)).json()) as BatchStatus;
  }

  async getResults(id: string): Promise<Buffer> {
    return Buffer.from(await (await this.#send('GET', `/v1/batches/${id}/results`)).arrayBuffer());
  }

  /** Waits up to `waitSeconds` for the finished resource, else returns it as it stands. */
  async createPrediction(body: object, waitSeconds: number): Promise<Prediction> {
    const headers = { 'content-type': 'application/json', prefer: `wait=${waitSeconds}` };
    return (await (await this.#send('POST', '/v1/predictions', headers, JSON.stringify(body))).json()) as Prediction;
  }

  async #send(method: string, path: string, headers: Record<string, string> = {}, body?: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    if (response.ok) return response;
    throw new ApiError(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  }
}
