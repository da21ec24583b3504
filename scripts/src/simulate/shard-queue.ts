export interface Shard {
  readonly rows: number;
  readonly enqueuedAtSeconds: number;
}

/** Queue of shards in order of arrival, redelivered shards first, with the totals that the metrics report. */
export class ShardQueue {
  private readonly waiting: Shard[] = [];
  private next = 0;
  private readonly redelivered: Shard[] = [];
  /** Shards of killed workers, not yet redelivered. */
  private readonly stalled = new Set<Shard>();
  private unfinishedRows = 0;
  private finishedRows = 0;
  private drainedAt = 0;

  /** Waiting, active and stalled. */
  get backlogRows(): number {
    return this.unfinishedRows;
  }

  get doneRows(): number {
    return this.finishedRows;
  }

  /** Time when the queue last became empty. */
  get drainedAtSeconds(): number {
    return this.drainedAt;
  }

  add(rows: number, shardRows: number, enqueuedAtSeconds: number): void {
    for (let left = rows; left > 0; left -= shardRows)
      this.waiting.push({ rows: Math.min(left, shardRows), enqueuedAtSeconds });
    this.unfinishedRows += rows;
  }

  take(): Shard | undefined {
    const again = this.redelivered.shift();
    if (again !== undefined) return again;
    const shard = this.waiting[this.next];
    if (shard !== undefined) this.next++;
    return shard;
  }

  finish({ rows }: Shard, nowSeconds: number): void {
    this.unfinishedRows -= rows;
    this.finishedRows += rows;
    if (this.unfinishedRows === 0) this.drainedAt = nowSeconds;
  }

  stall(shard: Shard): void {
    this.stalled.add(shard);
  }

  redeliver(shard: Shard): void {
    this.stalled.delete(shard);
    this.redelivered.push(shard);
  }

  /** Age of the oldest waiting shard; 0 when none waits. */
  oldestAgeSeconds(nowSeconds: number): number {
    const candidates = [...this.stalled, ...this.redelivered, ...this.waiting.slice(this.next, this.next + 1)];
    return candidates.reduce((oldest, { enqueuedAtSeconds }) => Math.max(oldest, nowSeconds - enqueuedAtSeconds), 0);
  }
}
