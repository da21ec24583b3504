import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'post', 'put', 'delete'] as const;
type Method = (typeof METHODS)[number];

interface Described {
  $ref?: string;
  content?: Record<string, unknown>;
}

interface Operation {
  operationId: string;
  responses: Record<string, Described>;
}

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}

export interface OpenApiDocument {
  paths: Record<string, Partial<Record<Method, Operation>>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Described> };
}

export interface ContractResponse {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed when the response is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the schema has checked the response
  json: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  body?: string | Buffer | FormData;
  /** Sent as JSON. */
  json?: unknown;
}

interface SeenResponse {
  /** Found by the path when not known. */
  template?: string;
  status: number;
  type: string;
  /** Parsed when it is JSON. */
  body: unknown;
}

/**
 * Documents that were fetched, each with its compiled schemas. The clients of a test file share them: compiling took a
 * third of the processor time of files with many clients.
 */
const documents = new Map<string, { document: OpenApiDocument; ajv: Ajv2020 }>();

function prepare(text: string): { document: OpenApiDocument; ajv: Ajv2020 } {
  const known = documents.get(text);
  if (known !== undefined) return known;
  const document = JSON.parse(text) as OpenApiDocument;
  // Optimizing the code of a schema takes as long as compiling it, and no schema is used often enough.
  const ajv = new Ajv2020({ strict: false, allErrors: true, code: { optimize: false } });
  addFormats(ajv);
  ajv.addSchema({ ...closeSchemas(document), $id: 'openapi' });
  const prepared = { document, ajv };
  documents.set(text, prepared);
  return prepared;
}

/**
 * A client that validates every response against the service's OpenAPI document and records the operations called.
 */
export class ContractClient {
  readonly seen = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly apiKey: string | undefined,
    readonly document: OpenApiDocument,
    private readonly ajv: Ajv2020,
  ) {}

  static async connect(url: string, apiKey?: string): Promise<ContractClient> {
    const { document, ajv } = prepare(await (await fetch(`${url}/openapi.json`)).text());
    return new ContractClient(url, apiKey, document, ajv);
  }

  get(path: string, options?: CallOptions): Promise<ContractResponse> {
    return this.call('get', path, options);
  }

  post(path: string, options?: CallOptions): Promise<ContractResponse> {
    return this.call('post', path, options);
  }

  /** @throws Error when the response violates the document */
  async call(method: Method, path: string, { headers = {}, body, json }: CallOptions = {}): Promise<ContractResponse> {
    const response = await fetch(this.url + path, {
      method: method.toUpperCase(),
      headers: {
        ...(this.apiKey === undefined ? {} : { authorization: `Bearer ${this.apiKey}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
    });
    // Not response.text(): that would drop a byte order mark.
    const text = Buffer.from(await response.arrayBuffer()).toString();
    const type = (response.headers.get('content-type') ?? '').split(';')[0] as string;
    const parsed: unknown = type.endsWith('json') ? JSON.parse(text) : undefined;
    this.check(method, path, { status: response.status, type, body: parsed });
    return { status: response.status, headers: response.headers, text, json: parsed };
  }

  /**
   * Ignores paths that the document lacks. @throws Error when the response violates the document
   */
  check(
    method: Method,
    path: string,
    { template = this.templateOf(path.split('?')[0] as string), status, type, body }: SeenResponse,
  ): void {
    const operation = template === undefined ? undefined : this.document.paths[template]?.[method];
    if (template === undefined || operation === undefined) return;
    const place = `${method} ${template} ${status} ${type}`;
    const reference = operation.responses[status];
    const component = reference?.$ref?.split('/').pop();
    const documented = component === undefined ? reference : this.document.components.responses[component];
    if (documented === undefined || (type !== '' && documented.content?.[type] === undefined)) {
      throw new Error(`${place} is not in the document: ${JSON.stringify(body)}`);
    }
    if (body !== undefined) {
      const response =
        component === undefined
          ? ['paths', template, method, 'responses', String(status)]
          : ['components', 'responses', component];
      const validate = this.validator([...response, 'content', type, 'schema']);
      if (!validate(body)) throw new Error(`${place} differs from the document: ${describeErrors(validate.errors)}`);
    }
    if (status < 400) this.seen.add(operation.operationId);
  }

  private validator(pointer: string[]): ValidateFunction {
    const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    const validate = this.ajv.getSchema(`openapi#/${escaped.join('/')}`);
    if (validate === undefined) throw new Error(`no schema at ${pointer.join('/')}`);
    return validate;
  }

  private templateOf(path: string): string | undefined {
    const matches = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
    return Object.keys(this.document.paths).find(matches);
  }

  /** Ids of operations without a response below 400 so far. */
  unseen(): string[] {
    const all = Object.values(this.document.paths).flatMap((item) =>
      METHODS.flatMap((method) => item[method]?.operationId ?? []),
    );
    return all.filter((id) => !this.seen.has(id));
  }
}

/** Also names the members that the document lacks. */
function describeErrors(errors: readonly ErrorObject[] | null | undefined): string {
  const texts = (errors ?? []).map(({ instancePath, message, params }) => {
    const added = params.additionalProperty === undefined ? '' : `: ${params.additionalProperty}`;
    return `data${instancePath} ${message}${added}`;
  });
  return texts.join(', ');
}

/** Clients must accept members that the document lacks; in tests they are faults. Problems have members of their type. */
function closeSchemas(document: OpenApiDocument): OpenApiDocument {
  const closed = structuredClone(document);
  const close = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as Schema;
    if (typeof schema.properties === 'object' && 'type' in schema) schema.additionalProperties ??= false;
    Object.values(value).forEach(close);
  };
  const { Problem: _, ...schemas } = closed.components.schemas;
  close(schemas);
  for (const item of Object.values(closed.paths))
    for (const operation of Object.values(item)) close(Object.values(operation.responses));
  return closed;
}
