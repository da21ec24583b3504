import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { createApiKey } from '@cytoqueue/runtime';
import { score } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD } from '../support/records';
import { RedisProcess } from '../support/redis-process';
import { type RunningStack, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/** Settings that no other test of a whole stack uses. */

const PASSWORD = 'p@ss/word:%';
const MAX_CONNECTIONS = 20;
const member = createApiKey();

let redis: RedisProcess;
let stack: RunningStack;

beforeAll(async () => {
  redis = await RedisProcess.start(undefined, PASSWORD);
  const keys = { tenants: [{ id: 'lab', keys: [{ id: 'k1', role: 'member', sha256: member.sha256 }] }] };
  stack = await startStack({
    REDIS_URL: redis.url,
    REDIS_PASSWORD: PASSWORD,
    API_KEYS: JSON.stringify(keys),
    MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    CANARY_SECONDS: '0',
  });
});

afterAll(async () => {
  await stack?.stop();
  await redis?.down();
});

test('a stack on a Redis with a password takes its keys from API_KEYS and scores records', async () => {
  const client = await ContractClient.connect(stack.url, member.key);
  expect((await score(client, { features: BENIGN_RECORD })).status).toBe('succeeded');
});

test('connections beyond MAX_CONNECTIONS are closed, and accepted again when others have ended', async () => {
  const { hostname, port } = new URL(stack.url);
  const sockets: Socket[] = [];
  const isOpen = (socket: Socket) => !socket.destroyed && !socket.readableEnded;
  for (let i = 0; i < 2 * MAX_CONNECTIONS; i++) {
    const socket = connect(Number(port), hostname)
      .on('error', () => undefined)
      .resume();
    sockets.push(socket);
    await once(socket, 'connect');
  }
  await waitUntil('the others are closed', () => sockets.filter(isOpen).length <= MAX_CONNECTIONS);
  expect(sockets.filter(isOpen).length).toBeGreaterThan(0);
  for (const socket of sockets) socket.destroy();
  await waitUntil(
    'requests are answered again',
    async () => (await fetch(`${stack.url}/health/ready`).catch(() => undefined))?.status === 200,
  );
});
