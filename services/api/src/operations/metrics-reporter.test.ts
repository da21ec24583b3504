import { type AtomicGroup, CloudWatchPublisher } from '@cytoqueue/metrics';
import { BatchProgress, MinuteCounters, CounterOutbox, createProducerConnection } from '@cytoqueue/queue';
import { createLogger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { QueueStatusReader } from './queue-status';
import { MetricsReporter } from './metrics-reporter';

let redis: RedisProcess;
let connection: Redis;
let refuses: boolean;
let logged: string[];
/** The number of sends that each process tried. */
let attempts: [number, number, number];
let sent: { process: number; name: string; value: number; minute: number }[];
let reporters: MetricsReporter[];

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createProducerConnection(redis.url, () => undefined);
  await waitUntil('Redis is there', () => connection.status === 'ready');
});

afterAll(async () => {
  connection?.disconnect();
  await redis?.down();
});

beforeEach(async () => {
  await connection.flushall();
  refuses = false;
  [logged, sent, attempts] = [[], [], [0, 0, 0]];
  reporters = [0, 1, 2].map(createReporter);
});

afterEach(() => Promise.all(reporters.map((reporter) => reporter.stop())));

/** Creates one API process's reporter, whose sends are recorded. */
function createReporter(process: number): MetricsReporter {
  const send = async (consignments: readonly AtomicGroup[]) => {
    attempts[process]++;
    if (refuses) throw new Error('CloudWatch is unavailable');
    for (const { data, onSent: acknowledge } of consignments) {
      for (const { MetricName: name = '', Value: value = NaN, Timestamp } of data)
        sent.push({ process, name, value, minute: Math.floor(Number(Timestamp) / 60_000) });
      await acknowledge();
    }
  };
  const outbox = new CounterOutbox(connection);
  const logger = createLogger(
    { service: 'api', environment: 'test', level: 'info' },
    { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const publisher = new CloudWatchPublisher({ environment: 'test', counters: outbox, sender: { send } });
  return new MetricsReporter({
    outdatedChampions: { gauges: async () => [{ name: 'OutdatedChampions', queue: 'all', value: 0 }] },
    redis: connection,
    queueStatus: new QueueStatusReader(connection, new BatchProgress(connection)),
    outbox,
    publisher,
    logger,
    pollIntervalMs: 20,
    flushTimeoutMs: 60_000,
  });
}

const startAll = () => reporters.forEach((reporter) => reporter.start());
const of = (name: string) => sent.filter((one) => one.name === name);

test('every process sends the gauges at its start, and one of them the counters of the minute', async () => {
  startAll();
  await waitUntil('all have told', () => new Set(of('WorkersAlive').map(({ process }) => process)).size === 3);
  const minutes = await waitUntil('a minute was sent', () => of('ShardsFailed').length > 0 && of('ShardsFailed'));
  // The next minute may have started meanwhile.
  expect(new Set(minutes.map(({ minute }) => minute)).size).toBe(minutes.length);
});

test('stopping sends all counters once, whichever process stops first', async () => {
  startAll();
  await waitUntil('they run', () => of('WorkersAlive').length >= 3);
  await new MinuteCounters(connection).add({ RowsPredicted: 41 });
  await reporters[1].stop();
  await new MinuteCounters(connection).add({ RowsPredicted: 1 });
  await Promise.all(reporters.map((reporter) => reporter.stop()));
  expect(of('RowsPredicted').reduce((sum, { value }) => sum + value, 0)).toBe(42);
});

test('metrics that CloudWatch rejected are kept, logged once per process and sent by the next process', async () => {
  await new MinuteCounters(connection).add({ RowsPredicted: 7 });
  refuses = true;
  startAll();
  await waitUntil('every process has tried several times', () => attempts.every((count) => count >= 3));
  expect(logged).toEqual(Array(3).fill('metrics were not sent; they are kept and sent later'));
  await Promise.all([reporters[0].stop(), reporters[2].stop()]);
  expect(logged.slice(3)).toEqual(Array(2).fill('the last metrics were not sent'));
  refuses = false;
  // Ends the lease that keeps other processes from sending them.
  const [key] = await connection.keys('*outbox:due');
  for (const id of await connection.zrange(key, '0', '-1')) await connection.zadd(key, 0, id);
  await reporters[1].stop();
  expect(of('RowsPredicted').map(({ value }) => value)).toEqual([7]);
});
