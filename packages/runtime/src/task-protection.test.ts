import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../../test/src/support/wait-until';
import { TaskProtection, type TaskProtectionOptions } from './task-protection';

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
let nowMs: number;
/** How often the protection has looked at the time, which it does once a turn and work. */
let looks: number;
let protection: TaskProtection;
const logger = { warn: (line: unknown) => warnings.push(line) } as never;

beforeEach(async () => {
  calls = [];
  warnings = [];
  nowMs = 1_000_000;
  looks = 0;
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

afterEach(async () => {
  await protection.stop();
  agent.closeAllConnections();
  agent.close();
});

const on = {
  method: 'PUT',
  url: '/api/0123/task-protection/v1/state',
  body: { ProtectionEnabled: true, ExpiresInMinutes: 10 },
};
const off = { ...on, body: { ProtectionEnabled: false } };
const MINUTE = 60_000;

/** No request is cut off because the machine is slow. */
const requestTimeoutMs = 300_000;

function start(options: Partial<TaskProtectionOptions> = {}): void {
  const now = (): number => {
    looks++;
    return nowMs;
  };
  protection = new TaskProtection({
    agentUri,
    logger,
    requestTimeoutMs,
    minRunMs: 20_000,
    intervalMs: 1,
    now,
    ...options,
  });
  protection.start();
}

/** Work that ends when the test says so. */
function begin(): { end: () => Promise<void> } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const running = protection.run(() => ended);
  return {
    end: async () => {
      end();
      await running;
    },
  };
}

/** Moves the clock, and waits for turns that have seen it. */
async function advance(ms: number): Promise<void> {
  nowMs += ms;
  const from = looks;
  await waitUntil('the time was looked at', () => looks >= from + 5);
}

const states = (): boolean[] => calls.map(({ body }) => (body as { ProtectionEnabled: boolean }).ProtectionEnabled);

test('short work never protects, however much of it there is: a busy worker can be stopped', async () => {
  start();
  for (let shard = 0; shard < 100; shard++) {
    const [first, second] = [begin(), begin()];
    await advance(19_000);
    await first.end();
    await second.end();
  }
  expect(calls).toEqual([]);
});

test('work that takes long protects once, until the last of it ends', async () => {
  start();
  const [first, second] = [begin(), begin()];
  await advance(19_999);
  expect(calls).toEqual([]);
  await advance(1);
  await waitUntil('it is protected', () => calls.length === 1);
  await first.end();
  await advance(1_000);
  expect(calls).toEqual([on]);
  await second.end();
  await waitUntil('it is free', () => calls.length === 2);
  expect(calls).toEqual([on, off]);
});

test('is renewed before it ends by itself, and ends when the process stops', async () => {
  start();
  const work = begin();
  await advance(20_000);
  await waitUntil('it is protected', () => calls.length === 1);
  await advance(5 * MINUTE);
  await waitUntil('it is renewed', () => calls.length === 2);
  await protection.stop();
  expect(calls).toEqual([on, on, off]);
  await work.end();
});

test('long work that never pauses leaves a gap after half an hour, but no work that began before is given up', async () => {
  start();
  let work = begin();
  const first = work;
  await advance(20_000);
  await waitUntil('it is protected', () => calls.length === 1);
  await advance(29 * MINUTE);
  const early = begin();
  await first.end();
  await advance(40 * MINUTE);
  expect(states()).not.toContain(false);
  work = begin();
  await advance(MINUTE);
  await early.end();
  await waitUntil('the gap has begun', () => states().includes(false));
  await advance(MINUTE);
  expect(states().at(-1)).toBe(false);
  await advance(MINUTE);
  await waitUntil('it is protected again', () => states().at(-1));
  await work.end();
});

test.each([
  ['a status', () => ({ status: 400, body: { error: { Code: 'AccessDeniedException' } } })],
  ['a failure within a success', () => ({ status: 200, body: { failure: { Reason: 'DEPLOYMENT_BLOCKED' } } })],
])('a refusal by %s is logged and asked again, and the work goes on', async (_, refusal) => {
  const granted = answer;
  answer = refusal;
  start({ minRunMs: 0 });
  const work = begin();
  await waitUntil('it is asked again', () => calls.length >= 2 && warnings.length >= 1);
  answer = granted;
  const refused = calls.length;
  await waitUntil('it is granted', () => calls.length > refused);
  await work.end();
  await waitUntil('it is given back', () => states().at(-1) === false);
  expect(new Set(states().slice(0, -1))).toEqual(new Set([true]));
});

test('an error of the work comes through, with an agent that does not answer', async () => {
  start({ agentUri: 'http://127.0.0.1:1', minRunMs: 0 });
  await expect(protection.run(() => Promise.reject(new Error('the work')))).rejects.toThrow('the work');
});

test('elsewhere than on Amazon ECS it asks no agent', async () => {
  start({ agentUri: undefined, minRunMs: 0 });
  expect(await protection.run(async () => 7)).toBe(7);
  expect(warnings).toEqual([]);
});
