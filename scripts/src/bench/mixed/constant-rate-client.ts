import { parentPort, workerData } from 'node:worker_threads';
import { ApiConnection } from '../service/api-connection';

/** Data of the client thread. */
export interface ConstantRateOptions {
  readonly url: string;
  readonly key: string;
  readonly bodies: readonly string[];
  readonly perSecond: number;
}

/** Due time of a request in milliseconds since the epoch, and its latency from then on. */
export type TimedResponse = readonly [dueMs: number, tookMs: number];

const WAIT_SECONDS = 60;

/**
 * Posts single predictions at a constant rate, without waiting for earlier responses, until stopped.
 * Runs in its own thread, so that the benchmark's own work does not count as latency.
 */
function run({ url, key, bodies, perSecond }: ConstantRateOptions): void {
  const api = new ApiConnection(url, key);
  const answers: Promise<TimedResponse>[] = [];
  const timer = setInterval(
    () => answers.push(sendRequest(api, bodies[answers.length % bodies.length]!)),
    1000 / perSecond,
  );
  parentPort?.once('message', () => {
    clearInterval(timer);
    void Promise.all(answers).then((all) => {
      parentPort?.postMessage(all);
      api.close();
    });
  });
}

async function sendRequest(api: ApiConnection, body: string): Promise<TimedResponse> {
  const dueMs = performance.timeOrigin + performance.now();
  await api.createPrediction(body, WAIT_SECONDS);
  return [dueMs, performance.timeOrigin + performance.now() - dueMs];
}

run(workerData as ConstantRateOptions);
