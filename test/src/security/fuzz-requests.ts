import fc from 'fast-check';
import { HEADER } from '../support/csv-rows';
import { BENIGN_RECORD } from '../support/records';

/** A random request: nearly valid by the OpenAPI document, or far from valid. */
export interface FuzzedRequest {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As in the document. */
  template: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
}

export interface FuzzOperation {
  method: FuzzedRequest['method'];
  template: string;
  /** Names of its query parameters. */
  query: string[];
  /** Media types of its body. */
  types: string[];
}

const CSV = `${HEADER}7,5,1,1,1,2,1,3,1,1\n8,5,1,1,1,2,?,3,1,1\n`;
const NASTY = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  "'; DROP TABLE x--",
  '\u202e',
  '\ud83d\ude00',
  'a'.repeat(5_000),
  '{"$gt":""}',
  '[object Object]',
];

const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

function pathOf(template: string, ids: readonly string[]): fc.Arbitrary<string> {
  const collections = {
    pred: '/v1/predictions',
    conf: '/v1/confirmations',
    batc: '/v1/batches',
    trai: '/v1/trainings',
  };
  const fitting = ids.filter((id) => template.startsWith(collections[id.slice(0, 4) as keyof typeof collections]));
  const known =
    fitting.length > 0
      ? fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...fitting) }, fc.constantFrom(...ids))
      : fc.constantFrom(
          ...(template.startsWith('/v1/api-keys')
            ? ['key-of-fuzz', 'admin', 'member']
            : ['wbc-knn', '1.0.0', 'champion']),
        );
  const mutated = known.map((id) => id.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
  const value = fc
    .oneof({ weight: 6, arbitrary: known }, mutated, text)
    .map((part) => encodeURIComponent(part.toWellFormed()) || 'x')
    // A client resolves these segments, so that the request would go to another path.
    .map((part) => (part === '.' || part === '..' ? `${part}x` : part));
  const names = template.match(/\{\w+\}/g) ?? [];
  return fc
    .tuple(...names.map((name) => (name === '{row}' ? fc.oneof(fc.constantFrom('1', '2', '3', '0'), value) : value)))
    .map((values) => names.reduce((path, name, index) => path.replace(name, () => values[index] as string), template));
}

function queryOf(names: readonly string[]): fc.Arbitrary<string> {
  const likely = fc.constantFrom(
    'true',
    'false',
    '1',
    '20',
    '101',
    'wbc-knn',
    'wbc-knn@1.0.0',
    'wdbc-knn',
    'sensitivity99',
    'reject',
    'abort',
    'keep',
    'confident',
    'malignant',
    'queued',
    'succeeded',
  );
  const pair = fc.tuple(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom('limit', ...names) }, text),
    fc.oneof({ weight: 3, arbitrary: likely }, text),
  );
  const pairs = fc.array(
    pair.map(
      ([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`,
    ),
    { maxLength: 3 },
  );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    pairs.map((parts) => (parts.length === 0 ? '' : `?${parts.join('&')}`)),
  );
}

const headerText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
  fc.constantFrom('*', '"x"', 'ä'),
);
const HEADERS: Record<string, fc.Arbitrary<string>> = {
  prefer: fc.constantFrom(
    'wait=0',
    'wait=1',
    'wait="1"',
    'respond-async',
    'wait=-5',
    'wait=x, foo="a,b"',
    'return=minimal;;;',
  ),
  'idempotency-key': fc.oneof(headerText, fc.constantFrom('k1', 'k2', 'x'.repeat(300))),
  range: fc.oneof(
    headerText,
    fc.constantFrom(
      'bytes=0-0',
      'bytes=-1',
      'bytes=5-',
      'bytes=9-1',
      'bytes=0-1,3-4',
      'bytes=99999999999-',
      'bytes=0-,'.repeat(200),
      'rows=1-2',
    ),
  ),
  'if-range': headerText,
  'if-none-match': headerText,
  'last-event-id': headerText,
  accept: headerText,
  'content-encoding': fc.constantFrom('gzip', 'br', 'identity', 'deflate', 'gzip, gzip'),
  'x-request-id': headerText,
  'x-forwarded-for': headerText,
  'x-http-method-override': fc.constantFrom('DELETE', 'GET'),
  cookie: fc.oneof(
    headerText,
    headerText.map((value) => `cytoqueue_session=${value}`),
  ),
  origin: headerText,
};

const json = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .record(
      {
        features: fc.dictionary(
          fc.oneof(fc.constantFrom(...Object.keys(BENIGN_RECORD), 'V1', 'Clump', '__proto__'), text),
          fc.oneof(fc.integer(), fc.double(), text, fc.constant(null), fc.boolean(), fc.constant([])),
          { maxKeys: 10, noNullPrototype: true },
        ),
        sample_id: text,
        model: text,
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc
    .tuple(
      fc.constantFrom(...Object.keys(BENIGN_RECORD)),
      fc.oneof(fc.integer({ min: -2, max: 12 }), fc.double(), text, fc.constant(null)),
    )
    .map(([name, value]) => JSON.stringify({ features: { ...BENIGN_RECORD, [name]: value } })),
  fc.constantFrom(
    JSON.stringify({ features: BENIGN_RECORD }),
    '{"features":{},"features":{}}',
    '{"version":"1.0.0"}',
    '{"version":"1.0.0","accept_unknown":true,"accept_lower_sensitivity":true}',
    '{"version":"1.1.0","accept_unknown":"yes"}',
    '{"rollback":true}',
    '{"prediction_id":"pred_x","confirmed_class":"benign","confirmed_at":"2026-11-02"}',
    '{"batch_id":"batch_x","row":1,"sample_id":"x","confirmed_class":"benign"}',
    '{"role":"member"}',
    '{"id":"key-of-fuzz","role":"admin","expires_at":"2099-01-01T00:00:00Z"}',
    '{"role":"member","expires_at":"2000-01-01T00:00:00Z"}',
    '{"current_key":"x"}',
    '{"default_model":"wbc-knn@1.0.0","operating_point":"sensitivity99"}',
    '{"decision":"benign","note":"x"}',
    '{"decision":"none"}',
    '{"id_prefix":"7","outcome":"indeterminate"}',
    '{"id_prefix":"","after":"x"}',
    '{"default_model":null,"operating_point":"default"}',
    '{"default_model":"wbc-knn"}',
    '{"api_key":"x"}',
    '{"token":"x"}',
    '['.repeat(5_000),
    '{"a":'.repeat(5_000),
    '1'.repeat(60_000),
    `{"features":{"clump_thickness":${'9'.repeat(400)}}}`,
    '"'.repeat(70_000),
  ),
);
const csv = fc.oneof(
  fc.constantFrom(
    CSV,
    'prediction_id,confirmed_class\npred_x,benign\n',
    'batch_id;row;confirmed_class\nbatch_x;1;benign\n',
    HEADER,
    '',
    '\n',
    '\ufeff' + CSV,
    CSV.replaceAll(',', ';'),
    CSV.replaceAll('\n', '\r'),
    `"${CSV}`,
    `${HEADER}${'x,'.repeat(2_000)}\n`,
    `${'c,'.repeat(1_500)}\n1`,
  ),
  fc
    .tuple(
      fc.nat(CSV.length),
      fc.constantFrom('"', '\0', ',', '\n', '\r', '=cmd', 'é', '99999999999999999999', '\ud800'),
    )
    .map(([at, piece]) => CSV.slice(0, at) + piece + CSV.slice(at)),
);
const form = fc
  .tuple(fc.oneof(fc.constantFrom('file', 'File', '', 'file[0]', '__proto__'), text), text, csv, fc.boolean())
  .map(([field, name, content, closed]) => {
    const quoted = (value: string) => value.replaceAll(/["\r\n]/g, '_');
    return `--b\r\nContent-Disposition: form-data; name="${quoted(field)}"; filename="${quoted(name)}"\r\n\r\n${content}\r\n${closed ? '--b--\r\n' : ''}`;
  });

interface Sent {
  type: string | undefined;
  body: string | Uint8Array | undefined;
}

const bodiesOf: Record<string, fc.Arbitrary<Sent>> = {
  'application/json': json.map((body) => ({ type: 'application/json', body })),
  'text/csv': csv.map((body) => ({ type: 'text/csv', body })),
  'multipart/form-data': form.map((body) => ({ type: 'multipart/form-data; boundary=b', body })),
};
const oddTypes = fc.constantFrom(
  'text/csv',
  'application/json',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/json; charset=utf-7',
  'text/html',
  'a',
);
const nothing: fc.Arbitrary<Sent> = fc.constant({ type: undefined, body: undefined });
const odd: fc.Arbitrary<Sent> = fc
  .tuple(oddTypes, fc.uint8Array({ maxLength: 300 }))
  .map(([type, body]) => ({ type, body }));

/** Mostly of a media type that the operation accepts. */
function bodyOf(types: readonly string[]): fc.Arbitrary<Sent> {
  const taken = types.map((type) => bodiesOf[type]).filter((arbitrary) => arbitrary !== undefined);
  return fc.oneof(...taken.map((arbitrary) => ({ weight: 8, arbitrary })), nothing, odd, ...Object.values(bodiesOf));
}

/** Generates requests to these operations; some ids are those of existing resources. */
export function fuzzedRequests(
  operations: readonly FuzzOperation[],
  ids: readonly string[],
  identities: readonly Record<string, string>[],
): fc.Arbitrary<FuzzedRequest> {
  return fc.constantFrom(...operations).chain(({ method, template, query, types }) =>
    fc
      .record({
        path: pathOf(template, ids),
        query: queryOf(query),
        headers: fc.record(HEADERS, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>,
        few: fc.subarray(Object.keys(HEADERS), { maxLength: 3 }),
        identity: fc.constantFrom(...identities),
        sent: bodyOf(types),
      })
      .map(({ path, query: asked, headers, few, identity, sent }) => {
        const chosen = Object.fromEntries(Object.entries(headers).filter(([name]) => few.includes(name)));
        const body = method === 'get' ? undefined : sent.body;
        const type: Record<string, string> =
          body === undefined || sent.type === undefined ? {} : { 'content-type': sent.type };
        return { method, template, path: path + asked, headers: { ...chosen, ...type, ...identity }, body };
      }),
  );
}
