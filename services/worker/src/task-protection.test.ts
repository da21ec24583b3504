import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../../test/src/support/wait-until';
import { TaskProtection } from './task-protection';

interface Call {
  method: string | undefined;
  url: string | undefined;
  body: unknown;
}

let agent: Server;
let calls: Call[];
let answer: () => { status: number; body: unknown };
let agentUri: string;
let warnings: unknown[];
const logger = { warn: (line: unknown) => warnings.push(line) } as never;

beforeEach(async () => {
  calls = [];
  warnings = [];
  answer = () => ({ status: 200, body: { protection: { ProtectionEnabled: true, TaskArn: 'arn' } } });
  agent = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ method: request.method, url: request.url, body: JSON.parse(body) });
      const { status, body: given } = answer();
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(given));
    });
  });
  agent.listen(0, '127.0.0.1');
  await once(agent, 'listening');
  agentUri = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api/0123`;
});

afterEach(() => {
  agent.closeAllConnections();
  agent.close();
});

const on = { method: 'PUT', url: '/api/0123/task-protection/v1/state', body: { ProtectionEnabled: true, ExpiresInMinutes: 10 } };
const off = { ...on, body: { ProtectionEnabled: false } };

/** No request is cut off because the machine is slow. */
const requestTimeoutMs = 300_000;

/** Work that ends when it is told to. */
function openWork(): { work: () => Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => ended, end };
}

test('protects while any work is in hand, once for all of it, and no longer', async () => {
  const protection = new TaskProtection({ agentUri, logger, requestTimeoutMs, lingerMs: 0, everyMs: 10 });
  protection.start();
  const [first, second] = [openWork(), openWork()];
  const running = [protection.run(first.work), protection.run(second.work)];
  await waitUntil('it is protected', () => calls.length === 1);
  first.end();
  await running[0];
  second.end();
  await running[1];
  await waitUntil('it is free', () => calls.length === 2);
  expect(calls).toEqual([on, off]);
  await protection.stop();
  expect(calls).toHaveLength(2);
});

test('stays protected between one shard and the next, and gives it back on stop', async () => {
  const protection = new TaskProtection({ agentUri, logger, requestTimeoutMs, lingerMs: 3_600_000, everyMs: 5 });
  protection.start();
  await protection.run(async () => waitUntil('it is protected', () => calls.length === 1));
  for (let shard = 0; shard < 5; shard++) await protection.run(async () => undefined);
  await protection.stop();
  expect(calls).toEqual([on, off]);
});

test.each([
  ['a status', () => ({ status: 400, body: { error: { Code: 'AccessDeniedException' } } })],
  ['a failure within a success', () => ({ status: 200, body: { failure: { Reason: 'DEPLOYMENT_BLOCKED' } } })],
])('a refusal by %s is logged and asked again, and the work goes on', async (_, refusal) => {
  const granted = answer;
  answer = refusal;
  const protection = new TaskProtection({ agentUri, logger, requestTimeoutMs, lingerMs: 0, everyMs: 5 });
  protection.start();
  const { work, end } = openWork();
  const running = protection.run(work);
  await waitUntil('it is asked again', () => calls.length >= 2 && warnings.length >= 1);
  answer = granted;
  const refused = calls.length;
  await waitUntil('it is granted', () => calls.length > refused);
  end();
  await running;
  await waitUntil('it is given back', () => JSON.stringify(calls.at(-1)) === JSON.stringify(off));
  await protection.stop();
  expect(calls.slice(0, -1)).toEqual(calls.slice(0, -1).map(() => on));
});

test('an error of the work comes through, with an agent that is away', async () => {
  const protection = new TaskProtection({ agentUri: 'http://127.0.0.1:1', logger, lingerMs: 0, everyMs: 5 });
  protection.start();
  await expect(protection.run(() => Promise.reject(new Error('the work')))).rejects.toThrow('the work');
  await protection.stop();
});

test('elsewhere than on Amazon ECS it asks nobody', async () => {
  const protection = new TaskProtection({ agentUri: undefined, logger, lingerMs: 0, everyMs: 5 });
  protection.start();
  expect(await protection.run(async () => 7)).toBe(7);
  await protection.stop();
  expect(warnings).toEqual([]);
});
