import { setTimeout as delay } from 'node:timers/promises';
import { type HeldKey, type KeyRing, type Logger, Periodic } from '@cytoqueue/runtime';
import { ObjectCorruptError, ObjectKeys, type ObjectStore, ObjectUnreadableError, findDocument, lastUsedShape } from '@cytoqueue/storage';
import { putJson } from '../http/stored-json';

const WRITE_EVERY_MS = 15 * 60_000;
/** A store that does not answer must not use up the time that a stop has. */
const STOP_WITHIN_MS = 2_000;

/** By key id, such as 2026-11-28. */
type Days = Record<string, string>;

/**
 * On which day a key was used last. Best effort: each process remembers the keys that it has seen and adds them to the tenant's
 * document every quarter of an hour and when it stops, so one write a key, day and process at most. Of two processes that write at
 * once one may lose what the other has written; its next turn finds that missing and adds it again.
 */
export class LastUse {
  private readonly seen = new Map<string, Map<string, string>>();
  private readonly writing: Periodic;

  constructor(
    private readonly store: ObjectStore,
    private readonly ring: KeyRing,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.writing = new Periodic({ name: 'last use of keys', everyMs: WRITE_EVERY_MS, turn: () => this.flush(), logger });
  }

  start(): void {
    this.writing.start();
  }

  async stop(): Promise<void> {
    const written = this.writing.stop().then(() => this.flush());
    await Promise.race([written, delay(STOP_WITHIN_MS, undefined, { ref: false })]);
  }

  /** Called for every request. */
  note({ tenant, keyId }: Pick<HeldKey, 'tenant' | 'keyId'>): void {
    const own = this.seen.get(tenant) ?? new Map<string, string>();
    own.set(keyId, today());
    this.seen.set(tenant, own);
  }

  /** Of a tenant's keys. */
  async daysOf(tenant: string): Promise<Days> {
    return merge(await this.read(tenant), this.seenOf(tenant));
  }

  async flush(): Promise<void> {
    for (const tenant of this.seen.keys()) await this.write(tenant).catch((error: unknown) => this.logger.warn({ err: error, tenant }, 'the last use of keys was not stored'));
  }

  private async write(tenant: string): Promise<void> {
    const stored = await this.read(tenant);
    const known = new Set(this.ring.keysOf(tenant).map(({ keyId }) => keyId));
    const days = Object.fromEntries(Object.entries(merge(stored, this.seenOf(tenant))).filter(([id]) => known.has(id)));
    if (Object.entries(days).some(([id, day]) => stored[id] !== day)) await putJson(this.store, ObjectKeys.lastUsed(tenant), { days });
  }

  private seenOf(tenant: string): Days {
    return Object.fromEntries(this.seen.get(tenant) ?? []);
  }

  /** A document that is damaged or cannot be read is written again. */
  private async read(tenant: string): Promise<Days> {
    try {
      return ((await findDocument(this.store, ObjectKeys.lastUsed(tenant), lastUsedShape)) ?? { days: {} }).days;
    } catch (error) {
      if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return {};
      throw error;
    }
  }
}

function merge(stored: Days, seen: Days): Days {
  const later = Object.entries(seen).filter(([id, day]) => !Object.hasOwn(stored, id) || stored[id] < day);
  return { ...stored, ...Object.fromEntries(later) };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
