import type { ChangeSubscriber } from '@cytoqueue/queue';

/** Hints may be lost (see ChangeListener), so each resource is also read without one. */
const POLL_INTERVAL_MS = 5_000;
/** Hints that come faster than this share a read: a large batch sends one for each shard. */
const HINT_GAP_MS = 100;

export interface Snapshot {
  /** Names the state: the same state of the same run has the same id, in every API process. */
  eventId: string;
  data: unknown;
  /** Nothing changes after it. */
  final: boolean;
}

/** What an event stream holds of its resource; to be closed once. */
export interface Feed {
  /** A read that begins after this call, shared with all who ask meanwhile. */
  refresh(): Promise<Snapshot>;
  /** What was read last. @throws what the last read failed with */
  latest(): Snapshot;
  /** Calls `listener` after each read, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** One reader of the store for each resource that is streamed, however many streams show it. */
export class SnapshotFeeds {
  private readonly feeds = new Map<string, SharedFeed>();

  constructor(
    private readonly changes: ChangeSubscriber,
    private readonly pollMs: number = POLL_INTERVAL_MS,
  ) {}

  open(tenant: string, id: string, read: () => Promise<Snapshot>): Feed {
    const key = `${tenant}/${id}`;
    const feed = this.feeds.get(key) ?? new SharedFeed(this.changes, id, read, this.pollMs);
    this.feeds.set(key, feed);
    feed.streams++;
    return {
      refresh: () => feed.refresh(),
      latest: () => feed.latest(),
      subscribe: (listener) => feed.subscribe(listener),
      close: () => {
        if (--feed.streams > 0) return;
        feed.stop();
        this.feeds.delete(key);
      },
    };
  }
}

class SharedFeed {
  streams = 0;
  private readonly listeners = new Set<() => void>();
  private outcome: { snapshot: Snapshot } | { error: unknown } | undefined;
  private reading: Promise<Snapshot> | undefined;
  private queued: Promise<Snapshot> | undefined;
  private hintTimer: NodeJS.Timeout | undefined;
  private hintReadMs = -Infinity;
  private readonly pollTimer: NodeJS.Timeout;
  private readonly unsubscribe: () => void;

  constructor(
    changes: ChangeSubscriber,
    id: string,
    private readonly read: () => Promise<Snapshot>,
    pollMs: number,
  ) {
    this.unsubscribe = changes.subscribe(id, () => this.scheduleRead());
    this.pollTimer = setInterval(() => this.readAgain(), pollMs);
  }

  stop(): void {
    this.unsubscribe();
    clearInterval(this.pollTimer);
    clearTimeout(this.hintTimer);
  }

  /** A read that is under way may have begun before the change that is asked for, so another follows it. */
  refresh(): Promise<Snapshot> {
    if (this.reading === undefined) return this.startRead();
    this.queued ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.startRead();
      });
    return this.queued;
  }

  latest(): Snapshot {
    if (this.outcome === undefined) throw new Error('nothing was read yet');
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private startRead(): Promise<Snapshot> {
    const reading = this.read();
    this.reading = reading;
    const finish = (outcome: SharedFeed['outcome']) => {
      if (this.reading === reading) this.reading = undefined;
      this.outcome = outcome;
      for (const listener of this.listeners) listener();
    };
    reading.then(
      (snapshot) => finish({ snapshot }),
      (error: unknown) => finish({ error }),
    );
    return reading;
  }

  private scheduleRead(): void {
    if (this.hintTimer !== undefined) return;
    const waitMs = Math.max(0, this.hintReadMs + HINT_GAP_MS - performance.now());
    this.hintTimer = setTimeout(() => {
      this.hintTimer = undefined;
      this.hintReadMs = performance.now();
      this.readAgain();
    }, waitMs);
  }

  /** Its failure is seen by the streams when they ask for the latest. */
  private readAgain(): void {
    this.refresh().catch(() => undefined);
  }
}
