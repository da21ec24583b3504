import { createLogger } from './logger';

/** What one call writes, as text and parsed. */
function written(log: (logger: ReturnType<typeof createLogger>) => void): { text: string; json: Record<string, unknown> } {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  log(createLogger({ service: 'api', environment: 'test', level: 'info' }, destination));
  return { text, json: JSON.parse(text) as Record<string, unknown> };
}

const SECRET = 'Jane Roe 1961';

test('a line says when, who and where', () => {
  const { json } = written((logger) => logger.info({ job: 'j1', rows: 3 }, 'job done'));
  expect(json).toMatchObject({ service: 'api', environment: 'test', pid: process.pid, job: 'j1', rows: 3, msg: 'job done' });
  expect(new Date(json['time'] as string).toISOString()).toBe(json['time']);
});

describe.each(['features', 'sample', 'sample_id', 'filename', 'cells', 'row', 'body', 'received', 'authorization', 'cookie', 'api_key'])('%s', (name) => {
  test.each([
    ['at the top', { [name]: SECRET }],
    ['as a whole object', { [name]: { clump: SECRET } }],
    ['one down', { request: { [name]: SECRET } }],
    ['in headers', { request: { headers: { [name]: SECRET } } }],
    ['in the cause of a cause', { err: new Error('x', { cause: Object.assign(new Error('y'), { [name]: SECRET }) }), why: { cause: { cause: { [name]: SECRET } } } }],
    ['in an error under another name', { failure: Object.assign(new Error('x'), { [name]: SECRET }) }],
    ['in the items of an error', { err: Object.assign(new Error('x'), { errors: [{ [name]: SECRET }] }) }],
  ])('%s is never printed', (_, fields) => {
    expect(written((logger) => logger.error(fields, 'x')).text).not.toContain(SECRET);
  });

  test('bound to a child logger is never printed', () => {
    expect(written((logger) => logger.child({ [name]: SECRET }).info('x')).text).not.toContain(SECRET);
    expect(written((logger) => logger.child({}).child({ request: { [name]: SECRET } }).info('x')).text).not.toContain(SECRET);
  });
});

test('the arguments of a failed Redis command are never printed: they may be a password', () => {
  const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: [SECRET] } });
  const { text } = written((logger) => logger.warn({ err: error }, 'redis'));
  expect(text).not.toContain(SECRET);
  expect(text).toContain('WRONGPASS');
});

test('an error says what it is and where it came from, its cause too', () => {
  const { json } = written((logger) => logger.error({ err: new TypeError('outer', { cause: new RangeError('inner') }) }, 'x'));
  expect(json).toMatchObject({ err: { type: 'TypeError', message: 'outer: inner', stack: expect.stringContaining('RangeError: inner') } });
});

test('a Buffer is logged as what it is, without its bytes being taken for fields', () => {
  const { json } = written((logger) => logger.info({ digest: Buffer.from('ab') }, 'x'));
  expect(json).toMatchObject({ digest: { type: 'Buffer', data: [97, 98] } });
});

test('`detail` and `code` of an error are printed: they name the fault', () => {
  const error = Object.assign(new Error('no room'), { code: 'STORE_FULL', detail: 'ENOSPC' });
  expect(written((logger) => logger.error({ err: error, detail: 'the disk is full' }, 'x')).json).toMatchObject({
    detail: 'the disk is full', err: { code: 'STORE_FULL', detail: 'ENOSPC' },
  });
});

test('what holds itself can be logged', () => {
  const circle: Record<string, unknown> = { name: 'circle' };
  circle['itself'] = circle;
  expect(written((logger) => logger.info({ circle }, 'x')).json).toMatchObject({ circle: { name: 'circle' }, msg: 'x' });
});
