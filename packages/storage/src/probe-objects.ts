import { randomUUID } from 'node:crypto';
import { ObjectMismatchError } from './errors';
import { listAll } from './listing';
import type { ObjectStore } from './object-store';
import { type StoreFinding, toStoreFinding } from './store-finding';

const PROBE_FOLDER = 'probe/';
/** At this age any process's next probe removes the probe object of a crashed process. */
const LEFTOVER_AGE_MS = 60 * 60_000;
/** Larger differences are reported, because the status index (packages/records) allows for one minute. */
const MAX_SKEW_MS = 60_000;

const FIRST = Buffer.from('cytoqueue probe: first');
const SECOND = Buffer.from('cytoqueue probe: second');
const THIRD = Buffer.from('cytoqueue probe: third');
const REPLACED = Buffer.from('cytoqueue probe: replaced');

/** A step of the probe and the verb that names it in a finding. */
type Step = readonly [verb: string, run: () => Promise<StoreFinding | undefined>];

/**
 * Tests write-once, read-after-write, listing and deletion. Each probe uses its own small object below `probe/`, so probes can
 * run concurrently. Stops at the first step that fails or finds the store unsuitable.
 * @param extraSteps steps of one adapter, run while the object exists
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
    // A failed step ends the probe, even if its finding is only a warning (full disk): later steps need its object.
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

const MAX_ATTEMPTS = 2;

/**
 * Writes different bytes twice concurrently and then once more: exactly one of the three writes may succeed. If both concurrent
 * writes succeed and the later one is refused, deletes the object and tries again once: a store with conditional writes can very
 * rarely let two concurrent writers pass.
 */
async function probeWriteOnce(store: ObjectStore, key: string, attempt = 1): Promise<StoreFinding | undefined> {
  const concurrent = await Promise.allSettled([store.putOnce(key, FIRST), store.putOnce(key, SECOND)]);
  const later = await Promise.allSettled([store.putOnce(key, THIRD)]);
  const outcomes = [...concurrent, ...later];
  const failed = outcomes.find(
    (outcome) => outcome.status === 'rejected' && !(outcome.reason instanceof ObjectMismatchError),
  );
  if (failed?.status === 'rejected') throw failed.reason;
  const succeeded = outcomes.filter(({ status }) => status === 'fulfilled').length;
  if (succeeded === 1) return undefined;
  const isOnlyRace = succeeded === 2 && later[0]?.status === 'rejected';
  if (!isOnlyRace || attempt === MAX_ATTEMPTS) return noConditionalWrites('PutObject');
  await store.delete(key);
  return probeWriteOnce(store, key, attempt + 1);
}

export function noConditionalWrites(operation: string): StoreFinding {
  return {
    reason: 'no-conditional-writes',
    kind: 'unsuitable',
    detail: `the store ignores If-None-Match on ${operation}: a second writer replaces a write-once object`,
    remedy: 'use a server with conditional writes (Amazon S3, MinIO, Ceph from Squid on), or a file:// store',
  };
}

async function probeReplacing(store: ObjectStore, key: string): Promise<StoreFinding | undefined> {
  await store.put(key, REPLACED!);
  const stored = await store.get(key);
  return stored.equals(REPLACED!) ? undefined : inconsistent('a read after a replacement returned the old object');
}

async function probeListing(store: ObjectStore, key: string): Promise<StoreFinding | undefined> {
  const { objects } = await store.list({ prefix: key });
  const listed = objects[0];
  if (listed === undefined) return inconsistent('a listing omits an object that was just written');
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
  if ((await store.head(key)) !== undefined) return inconsistent('an object exists after its deletion');
  await deleteLeftovers(store);
  return undefined;
}

function inconsistent(detail: string): StoreFinding {
  return {
    reason: 'inconsistent',
    kind: 'unsuitable',
    detail,
    remedy: 'use a store with strong read-after-write consistency, without a cache in front of it',
  };
}

async function deleteLeftovers(store: ObjectStore): Promise<void> {
  for await (const { key, modifiedAt } of listAll(store, PROBE_FOLDER)) {
    if (Date.now() - modifiedAt.getTime() > LEFTOVER_AGE_MS) await store.delete(key);
  }
}
