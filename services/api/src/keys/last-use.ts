import { setTimeout as delay } from 'node:timers/promises';
import { type ActiveKey, type ActiveKeys, type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { ObjectCorruptError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';
import { ObjectKeys, findDocument, lastUsedShape, putDocument } from '@cytoqueue/records';

const WRITE_INTERVAL_MS = 15 * 60_000;
/** An unavailable store must not use up the time for stopping. */
const STOP_TIMEOUT_MS = 2_000;

/** The day (such as 2026-11-28) by key id. */
type LastUsedDays = Record<string, string>;

/**
 * Stores the day on which each key was last used. Best effort: each process remembers the keys that it has seen and
 * adds them to the tenant's document every 15 minutes and when it stops, with at most one write per key, day and
 * process. Of two concurrent writes one may be lost; the next write of its process adds it again.
 */
export class LastUse {
  private readonly seen = new Map<string, Map<string, string>>();
  private readonly writer: PeriodicTask;

  constructor(
    private readonly store: ObjectStore,
    private readonly keys: ActiveKeys,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.writer = new PeriodicTask({
      name: 'last use of keys',
      intervalMs: WRITE_INTERVAL_MS,
      run: () => this.flush(),
      logger,
    });
  }

  start(): void {
    this.writer.start();
  }

  async stop(): Promise<void> {
    const written = this.writer.stop().then(() => this.flush());
    await Promise.race([written, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /** Called for every authenticated request. */
  recordUse({ tenant, keyId }: Pick<ActiveKey, 'tenant' | 'keyId'>): void {
    const days = this.seen.get(tenant) ?? new Map<string, string>();
    days.set(keyId, today());
    this.seen.set(tenant, days);
  }

  /** The last day of use of each of the tenant's keys. */
  async daysOf(tenant: string): Promise<LastUsedDays> {
    return merge(await this.read(tenant), this.seenOf(tenant));
  }

  async flush(): Promise<void> {
    for (const tenant of this.seen.keys())
      await this.write(tenant).catch((error: unknown) =>
        this.logger.warn({ err: error, tenant }, 'the last use of keys was not stored'),
      );
  }

  private async write(tenant: string): Promise<void> {
    const stored = await this.read(tenant);
    const activeIds = new Set(this.keys.keysOf(tenant).map(({ keyId }) => keyId));
    const days = Object.fromEntries(
      Object.entries(merge(stored, this.seenOf(tenant))).filter(([id]) => activeIds.has(id)),
    );
    if (Object.entries(days).some(([id, day]) => stored[id] !== day))
      await putDocument(this.store, ObjectKeys.lastUsed(tenant), { days });
  }

  private seenOf(tenant: string): LastUsedDays {
    return Object.fromEntries(this.seen.get(tenant) ?? []);
  }

  /** Treats a damaged or unreadable document as empty, so that the next write replaces it. */
  private async read(tenant: string): Promise<LastUsedDays> {
    try {
      return ((await findDocument(this.store, ObjectKeys.lastUsed(tenant), lastUsedShape)) ?? { days: {} }).days;
    } catch (error) {
      if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return {};
      throw error;
    }
  }
}

function merge(stored: LastUsedDays, seen: LastUsedDays): LastUsedDays {
  const before = new Map(Object.entries(stored));
  const later = Object.entries(seen).filter(([id, day]) => (before.get(id) ?? '') < day);
  return { ...stored, ...Object.fromEntries(later) };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
