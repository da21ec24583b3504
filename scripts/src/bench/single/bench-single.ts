import { setTimeout as sleep } from 'node:timers/promises';
import { Classifier } from '@cytoqueue/classifier';
import { shippedModel } from '../classifier/models';
import { median, quantile, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { type RunningStack, withStack } from '../service/bench-stack';
import { predictionBodies } from './prediction-bodies';

const MODEL = 'wbc-knn';
const WARM_UP = 200;
const WAITING_REQUESTS = 600;
const CLIENTS = 32;
const CONCURRENT_REQUESTS = 4_000;
const WAIT_SECONDS = 30;
const POLL_INTERVAL_MS = 10;

interface SingleRun {
  readonly p50: number;
  readonly p99: number;
  /** Latency of a 202 with many clients. */
  readonly acceptedP50: number;
  readonly acceptedP99: number;
  readonly acceptedPerSecond: number;
  readonly finishedPerSecond: number;
}

/** Measures the latency of single records for one client, and durable 202s per second for many. */
export async function benchSingle({ environment, rounds }: BenchOptions): Promise<unknown> {
  const bodies = predictionBodies(shippedModel(MODEL), CONCURRENT_REQUESTS);
  const runs: SingleRun[] = [];
  for (let round = 0; round < rounds; round++)
    runs.push(await withStack(environment, { WORKERS: '1' }, (stack) => runSingle(stack, bodies)));
  const of = (figure: keyof SingleRun) => rounded(median(runs.map((run) => run[figure])));
  const figures = {
    wait_ms: { p50: of('p50'), p99: of('p99'), requests: WAITING_REQUESTS },
    clients: CLIENTS,
    accepted_ms: { p50: of('acceptedP50'), p99: of('acceptedP99'), requests: CONCURRENT_REQUESTS },
    accepted_per_second: of('acceptedPerSecond'),
    finished_per_second: of('finishedPerSecond'),
  };
  console.log(`\nsingle: one client, Prefer: wait: p50 ${figures.wait_ms.p50} ms, p99 ${figures.wait_ms.p99} ms`);
  const { accepted_ms: accepted } = figures;
  console.log(
    `  ${CLIENTS} clients: ${figures.accepted_per_second} durable 202s a second (p50 ${accepted.p50} ms, p99 ${accepted.p99} ms), ${figures.finished_per_second} finished a second`,
  );
  return figures;
}

async function runSingle(stack: RunningStack, bodies: readonly string[]): Promise<SingleRun> {
  await checkPredictions(stack, bodies.slice(0, WARM_UP));
  const waited = await waitOneByOne(stack, bodies.slice(0, WAITING_REQUESTS));
  const rates = await postAtOnce(stack, bodies);
  return { p50: quantile(waited, 0.5), p99: quantile(waited, 0.99), ...rates };
}

/** Warms the service up and checks its results against the model. */
async function checkPredictions({ api }: RunningStack, bodies: readonly string[]): Promise<void> {
  const classifier = new Classifier(shippedModel(MODEL));
  for (const body of bodies) {
    const { features } = JSON.parse(body) as { features: Record<string, number | null> };
    const expected = classifier.predict(
      classifier.model.file.features.map((name) => features[name] ?? NaN),
    ).probability;
    const { result } = await api.createPrediction(body, WAIT_SECONDS);
    if (result?.probability_malignant !== expected)
      throw new Error(`a record was answered ${result?.probability_malignant} instead of ${expected}`);
  }
}

/** Latency of each request in milliseconds. */
async function waitOneByOne({ api }: RunningStack, bodies: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const body of bodies) {
    const startedMs = performance.now();
    await api.createPrediction(body, WAIT_SECONDS);
    times.push(performance.now() - startedMs);
  }
  return times;
}

async function postAtOnce({ api }: RunningStack, bodies: readonly string[]): Promise<Omit<SingleRun, 'p50' | 'p99'>> {
  const startedMs = performance.now();
  const ids: string[] = [];
  const times: number[] = [];
  const waiting = bodies.values();
  const client = async () => {
    for (const body of waiting) {
      const sentMs = performance.now();
      ids.push((await api.createPrediction(body)).id);
      times.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const acceptedMs = performance.now() - startedMs;
  // Checks the last records first: once they are finished, the others are too. A check costs as much as scoring.
  let finishedMs = acceptedMs;
  for (const id of ids.toReversed()) {
    while ((await api.getPrediction(id)).status !== 'succeeded') {
      await sleep(POLL_INTERVAL_MS);
      finishedMs = performance.now() - startedMs;
    }
  }
  return {
    acceptedP50: quantile(times, 0.5),
    acceptedP99: quantile(times, 0.99),
    acceptedPerSecond: (ids.length * 1000) / acceptedMs,
    finishedPerSecond: (ids.length * 1000) / finishedMs,
  };
}
