import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { shippedModel } from '../classifier/models';
import { median, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { type RunningStack, withStack } from '../service/bench-stack';
import { predictionBodies } from '../single/prediction-bodies';

const RECORDS = 40;
const POLL_INTERVAL_MS = 5;

interface GuaranteeTimes {
  /** Seconds from killing a worker with records in progress until every record has its result. */
  readonly afterKillMs: number;
  /** Seconds from a request to its 503 while Redis is frozen. */
  readonly refusalMs: number;
  /** Seconds from the end of the outage until a new record has its result. */
  readonly resumptionMs: number;
}

/** Measures the times that the README promises after faults; the tests assert the order of events only. */
export async function benchPromises({ environment, rounds }: BenchOptions): Promise<unknown> {
  const bodies = predictionBodies(shippedModel('wbc-knn'), RECORDS);
  const runs: GuaranteeTimes[] = [];
  for (let round = 0; round < rounds; round++) {
    runs.push(
      await withStack(environment, { WORKERS: '2', CANARY_SECONDS: '0' }, async (stack) => ({
        afterKillMs: await timeResponsesAfterKill(stack, bodies),
        ...(await timeOutage(stack, bodies[0]!)),
      })),
    );
  }
  const of = (time: keyof GuaranteeTimes, promised_ms: number) => ({
    promised_ms,
    median_ms: rounded(median(runs.map((run) => run[time]))),
    max_ms: rounded(Math.max(...runs.map((run) => run[time]))),
  });
  const figures = {
    answer_after_worker_kill: of('afterKillMs', 10_000),
    refusal_without_redis: of('refusalMs', 2_500),
    answer_after_redis_returns: of('resumptionMs', 5_000),
    rounds,
  };
  console.log('\npromises:');
  console.log(
    `  records of a killed worker answered after ${figures.answer_after_worker_kill.max_ms} ms at most (promised: 10,000 ms)`,
  );
  console.log(
    `  503 while Redis is frozen after ${figures.refusal_without_redis.max_ms} ms at most (promised: 2,500 ms)`,
  );
  console.log(
    `  a record answered after ${figures.answer_after_redis_returns.max_ms} ms at most when Redis is back (promised: 5,000 ms)`,
  );
  return figures;
}

async function timeResponsesAfterKill(
  { api, pids, redisUrl }: RunningStack,
  bodies: readonly string[],
): Promise<number> {
  const [worker, other] = pids.workers as [number, number];
  const redis = new Redis(redisUrl);
  const active = () => redis.llen('cytoqueue:predictions:active');
  const ids: string[] = [];
  try {
    process.kill(other, 'SIGSTOP');
    // Sends records until the worker is stopped with some in progress; a fast worker may have finished all earlier
    // ones.
    do {
      process.kill(worker, 'SIGCONT');
      const sent = bodies.map(async (body) => ids.push((await api.createPrediction(body)).id));
      while ((await active()) === 0 && ids.length < bodies.length) await sleep(1);
      process.kill(worker, 'SIGSTOP');
      await Promise.all(sent);
    } while ((await active()) === 0);
    process.kill(worker, 'SIGKILL');
    process.kill(other, 'SIGCONT');
    const startedMs = performance.now();
    for (const id of ids) while ((await api.getPrediction(id)).status !== 'succeeded') await sleep(POLL_INTERVAL_MS);
    return performance.now() - startedMs;
  } finally {
    process.kill(other, 'SIGCONT');
    redis.disconnect();
  }
}

async function timeOutage({ api, pids }: RunningStack, body: string): Promise<Omit<GuaranteeTimes, 'afterKillMs'>> {
  const { redis } = pids;
  if (redis === undefined) throw new Error('the stack has no Redis of its own');
  const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', prefer: 'wait=20' };
  const post = async () => (await fetch(`${api.url}/v1/predictions`, { method: 'POST', headers, body })).status;
  const frozenMs = performance.now();
  process.kill(redis, 'SIGSTOP');
  const status = await post().finally(() => process.kill(redis, 'SIGCONT'));
  if (status !== 503) throw new Error(`answered ${status} instead of 503 while Redis was frozen`);
  const returnedMs = performance.now();
  while ((await post()) !== 201) await sleep(POLL_INTERVAL_MS);
  return { refusalMs: returnedMs - frozenMs, resumptionMs: performance.now() - returnedMs };
}
