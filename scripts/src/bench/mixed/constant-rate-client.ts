import { parentPort, workerData } from 'node:worker_threads';
import { ApiConnection } from '../service/api-connection';

/** What the thread is given. */
export interface ConstantRateOptions {
  readonly url: string;
  readonly key: string;
  readonly bodies: readonly string[];
  readonly perSecond: number;
}

/** When a request was due, in milliseconds since the epoch, and how long its answer took from then on. */
export type TimedResponse = readonly [dueMs: number, tookMs: number];

const WAIT_SECONDS = 60;

/**
 * Posts single predictions at a steady pace, whether or not the earlier ones were answered, until it is told to stop.
 * In a thread of its own: what the benchmark does meanwhile must not count as the service's delay.
 */
function run({ url, key, bodies, perSecond }: ConstantRateOptions): void {
  const api = new ApiConnection(url, key);
  const answers: Promise<TimedResponse>[] = [];
  const timer = setInterval(
    () => answers.push(sendRequest(api, bodies[answers.length % bodies.length])),
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
