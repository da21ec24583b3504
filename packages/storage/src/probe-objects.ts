import { randomUUID } from 'node:crypto';
import { ObjectMismatchError } from './errors';
import { listAll } from './listing';
import type { ObjectStore } from './object-store';
import { type StoreFinding, toStoreFinding } from './store-finding';

/** Probe objects of processes that were killed are removed at this age, by whichever process probes next. */
const PROBE_FOLDER = 'probe/';
const LEFTOVER_AGE_MS = 60 * 60_000;
/** Markers count as young for a minute. */
const MAX_SKEW_MS = 60_000;

const [FIRST, SECOND, THIRD, REPLACED] = ['first', 'second', 'third', 'replaced'].map((text) =>
  Buffer.from(`cytoqueue probe: ${text}`),
);

/** A step of the probe, by the verb that a finding names it with. */
type Step = readonly [verb: string, run: () => Promise<StoreFinding | undefined>];

/**
 * Does what every write, read and decision of the product relies on, with one small object of its own below `probe/`, so any
 * number of probes may run at once. Stops at the first step that the store does not perform.
 * @param extraSteps of one adapter, run while the object exists
 */
export async function probeObjects(
  store: ObjectStore,
  extraSteps: (key: string) => readonly Step[] = () => [],
): Promise<StoreFinding[]> {
  const key = `${PROBE_FOLDER}${randomUUID()}`;
  const steps: Step[] = [
    ['reach the store', () => store.checkWritable().then(() => undefined)],
    ['write once', () => probeWriteOnce(store, key)],
    ...extraSteps(key),
    ['replace', () => probeReplacing(store, key)],
    ['list', () => probeListing(store, key)],
    ['delete', () => probeDeleting(store, key)],
  ];
  const findings: StoreFinding[] = [];
  for (const [verb, run] of steps) {
    // The steps after one that failed, if only for want of room, would miss what it should have written.
    let hasFailed = false;
    const finding = await run().catch((error: unknown) => {
      hasFailed = true;
      return toStoreFinding(verb, error);
    });
    if (finding !== undefined) findings.push(finding);
    if (hasFailed || (finding !== undefined && finding.kind !== 'warning')) break;
  }
  if (findings.length > 0) await store.delete(key).catch(() => undefined);
  return findings;
}

const MAX_RACES = 2;

/**
 * Two writers at once, then a third: exactly one of them may succeed. A race that both won is held again, because a store
 * that lets it happen once in a thousand times is not one without conditional writes.
 */
async function probeWriteOnce(store: ObjectStore, key: string, race = 1): Promise<StoreFinding | undefined> {
  const together = await Promise.allSettled([store.putOnce(key, FIRST), store.putOnce(key, SECOND)]);
  const later = await Promise.allSettled([store.putOnce(key, THIRD)]);
  const outcomes = [...together, ...later];
  const failed = outcomes.find(
    (outcome) => outcome.status === 'rejected' && !(outcome.reason instanceof ObjectMismatchError),
  );
  if (failed?.status === 'rejected') throw failed.reason;
  const succeeded = outcomes.filter(({ status }) => status === 'fulfilled').length;
  if (succeeded === 1) return undefined;
  const isRace = succeeded === 2 && later[0]?.status === 'rejected';
  if (!isRace || race === MAX_RACES) return noConditionalWrites('PutObject');
  await store.delete(key);
  return probeWriteOnce(store, key, race + 1);
}

export function noConditionalWrites(operation: string): StoreFinding {
  return {
    reason: 'no-conditional-writes',
    kind: 'unsuitable',
    detail: `the store ignores If-None-Match on ${operation}: a second writer replaces what was written once`,
    remedy: 'use a server with conditional writes (Amazon S3, MinIO, Ceph from Squid on), or a file:// store',
  };
}

async function probeReplacing(store: ObjectStore, key: string): Promise<StoreFinding | undefined> {
  await store.put(key, REPLACED!);
  const stored = await store.get(key);
  return stored.equals(REPLACED!)
    ? undefined
    : inconsistent('an object that was just replaced is read as it was before');
}

async function probeListing(store: ObjectStore, key: string): Promise<StoreFinding | undefined> {
  const { objects } = await store.list({ prefix: key });
  const listed = objects[0];
  if (listed === undefined) return inconsistent('an object that was just written is not listed');
  const skewMs = Math.abs(Date.now() - listed.modifiedAt.getTime());
  if (skewMs <= MAX_SKEW_MS) return undefined;
  return {
    reason: 'clock-skew',
    kind: 'warning',
    detail: `the clocks of this host and of the store differ by ${Math.round(skewMs / 1_000)} s`,
    remedy: 'set both clocks by NTP',
  };
}

async function probeDeleting(store: ObjectStore, key: string): Promise<StoreFinding | undefined> {
  await store.delete(key);
  if ((await store.head(key)) !== undefined) return inconsistent('an object that was just deleted is still there');
  await deleteLeftovers(store);
  return undefined;
}

function inconsistent(detail: string): StoreFinding {
  return {
    reason: 'inconsistent',
    kind: 'unsuitable',
    detail,
    remedy: 'use a store with strong read-after-write consistency, without a cache in front',
  };
}

async function deleteLeftovers(store: ObjectStore): Promise<void> {
  for await (const { key, modifiedAt } of listAll(store, PROBE_FOLDER)) {
    if (Date.now() - modifiedAt.getTime() > LEFTOVER_AGE_MS) await store.delete(key);
  }
}
