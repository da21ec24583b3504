import { createLogger } from './logger';

/** Returns the output of one call, as text and parsed. */
function written(log: (logger: ReturnType<typeof createLogger>) => void): {
  text: string;
  json: Record<string, unknown>;
} {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  log(createLogger({ service: 'api', environment: 'test', level: 'info' }, destination));
  return { text, json: JSON.parse(text) as Record<string, unknown> };
}

/** With a number that no process id and no time contains. */
const SECRET = 'Jane Roe 1961.5';

test('a line says when, who and where', () => {
  const { json } = written((logger) => logger.info({ job: 'j1', rows: 3 }, 'job done'));
  expect(json).toMatchObject({
    service: 'api',
    environment: 'test',
    pid: process.pid,
    job: 'j1',
    rows: 3,
    msg: 'job done',
  });
  expect(new Date(json['time'] as string).toISOString()).toBe(json['time']);
});

describe.each([
  'features',
  'sample',
  'sample_id',
  'filename',
  'cells',
  'row',
  'body',
  'received',
  'authorization',
  'cookie',
  'api_key',
  'detail',
])('%s', (name) => {
  test.each([
    ['at the top', { [name]: SECRET }],
    ['as a whole object', { [name]: { clump: SECRET } }],
    ['one down', { request: { [name]: SECRET } }],
    ['in headers', { request: { headers: { [name]: SECRET } } }],
    [
      'in the cause of a cause',
      {
        err: new Error('x', { cause: Object.assign(new Error('y'), { [name]: SECRET }) }),
        why: { cause: { cause: { [name]: SECRET } } },
      },
    ],
    ['in an error under another name', { failure: Object.assign(new Error('x'), { [name]: SECRET }) }],
    ['in the items of an error', { err: Object.assign(new Error('x'), { errors: [{ [name]: SECRET }] }) }],
  ])('%s is never printed', (_, fields) => {
    expect(written((logger) => logger.error(fields, 'x')).text).not.toContain(SECRET);
  });

  test('bound to a child logger is never printed', () => {
    expect(written((logger) => logger.child({ [name]: SECRET }).info('x')).text).not.toContain(SECRET);
    expect(
      written((logger) =>
        logger
          .child({})
          .child({ request: { [name]: SECRET } })
          .info('x'),
      ).text,
    ).not.toContain(SECRET);
  });
});

test('the arguments of a failed Redis command are never printed: they may be a password', () => {
  const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: [SECRET] } });
  const { text } = written((logger) => logger.warn({ err: error }, 'redis'));
  expect(text).not.toContain(SECRET);
  expect(text).toContain('WRONGPASS');
});

test('an error says what it is and where it came from, its cause too', () => {
  const { json } = written((logger) =>
    logger.error({ err: new TypeError('outer', { cause: new RangeError('inner') }) }, 'x'),
  );
  expect(json).toMatchObject({
    err: { type: 'TypeError', message: 'outer: inner', stack: expect.stringContaining('RangeError: inner') },
  });
});

test('what holds itself can be logged', () => {
  const circle: Record<string, unknown> = { name: 'circle' };
  circle['itself'] = circle;
  expect(written((logger) => logger.info({ circle }, 'x')).json).toMatchObject({
    circle: { name: 'circle' },
    msg: 'x',
  });
});

describe('values that convert themselves', () => {
  test.each([
    ['an object with toJSON', { who: { toJSON: () => ({ sample_id: SECRET }) } }],
    ['toJSON within toJSON', { who: { toJSON: () => ({ deeper: { toJSON: () => ({ detail: SECRET }) } }) } }],
    ['an error with toJSON', { err: Object.assign(new Error('x'), { toJSON: () => ({ body: SECRET }), row: SECRET }) }],
    ['a Buffer', { chunk: Buffer.from(SECRET) }],
    ['typed arrays', { chunk: new Uint8Array(Buffer.from(SECRET)), more: [new Float64Array([1961.5])] }],
    ['a Map', { map: new Map([['features', SECRET]]) }],
    ['a Set', { set: new Set([{ features: SECRET }]) }],
    ['a problem', { problem: { title: 'x', detail: SECRET } }],
  ])('%s prints none of what is redacted', (_, fields) => {
    const { text } = written((logger) => logger.error(fields, 'x'));
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('74,97,110,101');
    expect(text).not.toContain('1961.5');
  });

  test('a Date prints its time, bytes their number', () => {
    const { json } = written((logger) => logger.info({ at: new Date(0), chunk: Buffer.alloc(3) }, 'x'));
    expect(json).toMatchObject({ at: '1970-01-01T00:00:00.000Z', chunk: '[3 bytes]' });
  });

  test('a conversion that fails does not fail the caller', () => {
    const fields = {
      it: {
        toJSON: () => {
          throw new Error('no');
        },
      },
    };
    expect(written((logger) => logger.info(fields, 'x')).json).toMatchObject({ it: '[unprintable]' });
  });
});

test('a parse error does not repeat what was parsed, nor does an error that it caused', () => {
  const parse = (): unknown => JSON.parse(`{"name": ${SECRET}}`);
  for (const wrap of [(error: unknown) => error, (error: unknown) => new Error('outer', { cause: error })]) {
    let thrown: unknown;
    try {
      parse();
    } catch (error) {
      thrown = wrap(error);
    }
    expect(written((logger) => logger.error({ err: thrown }, 'x')).text).not.toMatch(/Jane|Roe|1961\.5/);
  }
});
