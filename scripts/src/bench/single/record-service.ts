import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 10;

/** The service or a peer, as a client that sends single records sees it. */
export interface RecordService {
  /** Sends a record. @returns its id; undefined when the response was the result already */
  accept: (body: string) => Promise<string | undefined>;
  isFinished: (id: string) => Promise<boolean>;
  /** Sends a record and waits. @returns the probability of malignancy */
  answer: (body: string) => Promise<number>;
}

export interface Rates {
  /** Latencies of acceptance in milliseconds. */
  readonly accepted: readonly number[];
  readonly acceptedPerSecond: number;
  readonly finishedPerSecond: number;
}

/** Latency of each record in milliseconds, one after the other. */
export async function answerOneByOne(service: RecordService, bodies: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const body of bodies) {
    const startedMs = performance.now();
    await service.answer(body);
    times.push(performance.now() - startedMs);
  }
  return times;
}

/** Sends all records from this many clients at once and waits until the last one has its result. */
export async function sendAtOnce(service: RecordService, bodies: readonly string[], clients: number): Promise<Rates> {
  const startedMs = performance.now();
  const ids: string[] = [];
  const accepted: number[] = [];
  const waiting = bodies.values();
  const client = async () => {
    for (const body of waiting) {
      const sentMs = performance.now();
      const id = await service.accept(body);
      if (id !== undefined) ids.push(id);
      accepted.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const acceptedMs = performance.now() - startedMs;
  // Checks the last records first: once they are finished, the others are too. A check costs as much as scoring.
  let finishedMs = acceptedMs;
  for (const id of ids.toReversed()) {
    while (!(await service.isFinished(id))) {
      await sleep(POLL_INTERVAL_MS);
      finishedMs = performance.now() - startedMs;
    }
  }
  const perSecond = (ms: number) => (bodies.length * 1000) / ms;
  return { accepted, acceptedPerSecond: perSecond(acceptedMs), finishedPerSecond: perSecond(finishedMs) };
}
