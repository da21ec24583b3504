import type { Change } from '@cytoqueue/queue';

/** Calls the listener when the resource may have changed, until the returned function is called. */
export interface ChangeNotifications {
  subscribe: (id: string, listener: (change: Change) => void) => () => void;
}

/** Change notifications may be lost (see ChangeSubscriber), so each resource is also polled. */
const POLL_INTERVAL_MS = 5_000;
/** Steps within this time share one read: a large batch has hundreds of shards. */
const STEP_GAP_MS = 100;

export interface Snapshot {
  /** Identifies the state: the same state of the same run has the same id in every API process. */
  eventId: string;
  data: unknown;
  /** Whether the resource cannot change any more. */
  final: boolean;
}

/** A stream's subscription to its resource. Must be closed once. */
export interface Feed {
  /** Reads the resource. The read starts after this call and is shared with concurrent callers. */
  refresh(): Promise<Snapshot>;
  /** The last snapshot. @throws the error of the last read if it failed */
  latest(): Snapshot;
  /** Calls `listener` after each read, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** Lets all streams of one resource share one reader of the store. */
export class SnapshotFeeds {
  private readonly feeds = new Map<string, SharedFeed>();

  constructor(
    private readonly notifications: ChangeNotifications,
    private readonly pollMs: number = POLL_INTERVAL_MS,
  ) {}

  open(tenant: string, id: string, read: () => Promise<Snapshot>): Feed {
    const key = `${tenant}/${id}`;
    const feed = this.feeds.get(key) ?? new SharedFeed(this.notifications, id, read, this.pollMs);
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
  private stepTimer: NodeJS.Timeout | undefined;
  private lastChangeMs = -Infinity;
  private readonly pollTimer: NodeJS.Timeout;
  private readonly unsubscribe: () => void;

  constructor(
    notifications: ChangeNotifications,
    id: string,
    private readonly read: () => Promise<Snapshot>,
    pollMs: number,
  ) {
    this.unsubscribe = notifications.subscribe(id, (change) => this.onChange(change));
    this.pollTimer = setInterval(() => this.readAgain(), pollMs);
  }

  stop(): void {
    this.unsubscribe();
    clearInterval(this.pollTimer);
    clearTimeout(this.stepTimer);
  }

  /** Queues another read after a running one, which may have started before the change. */
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
    if (this.outcome === undefined) throw new Error('the resource has not been read yet');
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

  private onChange(change: Change): void {
    if (change === 'state') return this.readChange();
    this.stepTimer ??= setTimeout(
      () => this.readChange(),
      Math.max(0, this.lastChangeMs + STEP_GAP_MS - performance.now()),
    );
  }

  private readChange(): void {
    clearTimeout(this.stepTimer);
    this.stepTimer = undefined;
    this.lastChangeMs = performance.now();
    this.readAgain();
  }

  /** `latest` throws a failure of this read. */
  private readAgain(): void {
    this.refresh().catch(() => undefined);
  }
}
