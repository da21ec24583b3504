import type { EventQueue } from './event-queue';
import type { Random } from '@cytoqueue/classifier';
import { uniform } from './random';
import type { World } from './scenario';
import type { Shard, ShardQueue } from './shard-queue';

/** ECS notices that a task is gone. */
const NOTICE_SECONDS = 10;
/** Of what the same shard takes, from one time to the next. */
const SPREAD: readonly [number, number] = [0.9, 1.1];

export interface Task {
  state: 'starting' | 'running' | 'draining' | 'gone';
  shard: Shard | undefined;
  /** Clinicians' records that it is at. */
  records: number;
  readonly launchedAtSeconds: number;
}

/** The workers' service: as many tasks as are desired, each of which takes shards one after the other. */
export class Fleet {
  private readonly tasks = new Set<Task>();
  private desiredTasks = 0;
  private goneSeconds = 0;
  /** Told of a task that ended without goodbye, or that has begun to run. */
  onKilled: (task: Task) => void = () => undefined;
  onRunning: () => void = () => undefined;

  constructor(
    private readonly world: World,
    private readonly events: EventQueue,
    private readonly queue: ShardQueue,
    private readonly random: Random,
  ) {}

  get desired(): number {
    return this.desiredTasks;
  }

  get running(): Task[] {
    return [...this.tasks].filter(({ state }) => state === 'running');
  }

  /** The running one with the fewest records; undefined when none runs. */
  get leastBusy(): Task | undefined {
    let least: Task | undefined;
    for (const task of this.tasks) if (task.state === 'running' && (least === undefined || task.records < least.records)) least = task;
    return least;
  }

  /** Running and starting: what the bounds are about. */
  get wanted(): number {
    return [...this.tasks].filter(({ state }) => state === 'running' || state === 'starting').length;
  }

  /** Paid for, from launch to end, of all tasks up to now. */
  get taskSeconds(): number {
    return [...this.tasks].reduce((sum, { launchedAtSeconds }) => sum + this.events.nowSeconds - launchedAtSeconds, this.goneSeconds);
  }

  /** With that many running at once. */
  begin(tasks: number): void {
    this.desiredTasks = tasks;
    for (let i = 0; i < tasks; i++) this.tasks.add({ state: 'running', shard: undefined, records: 0, launchedAtSeconds: 0 });
  }

  setDesired(tasks: number): void {
    this.desiredTasks = tasks;
    this.reconcile(this.world.startSeconds);
  }

  kill(count: number): void {
    for (const task of this.running.slice(0, count)) {
      this.end(task);
      this.onKilled(task);
      const { shard } = task;
      if (shard === undefined) continue;
      this.queue.stall(shard);
      this.events.after(uniform(this.random, this.world.redeliverySeconds), () => {
        this.queue.redeliver(shard);
        this.feed();
      });
    }
    this.events.after(NOTICE_SECONDS, () => this.reconcile(this.world.startSeconds));
  }

  interrupt(count: number, startSeconds: number): void {
    for (const task of this.running.slice(0, count)) this.drain(task);
    this.reconcile([startSeconds, startSeconds]);
  }

  /** Gives shards to whoever has none. */
  feed(): void {
    for (const task of this.tasks) {
      if (task.state !== 'running' || task.shard !== undefined) continue;
      const shard = this.queue.take();
      if (shard === undefined) return;
      this.score(task, shard);
    }
  }

  private score(task: Task, shard: Shard): void {
    task.shard = shard;
    const { rowsPerSecondPerWorker, rowsPerSecondTogether = Infinity } = this.world;
    const rowsPerSecond = Math.min(rowsPerSecondPerWorker, rowsPerSecondTogether / this.running.length);
    const seconds = (shard.rows / rowsPerSecond) * uniform(this.random, SPREAD);
    this.events.after(seconds, () => {
      if (task.state === 'gone') return;
      task.shard = undefined;
      this.queue.finish(shard, this.events.nowSeconds);
      if (task.state === 'draining') this.end(task);
      else this.feed();
    });
  }

  private reconcile(startSeconds: readonly [number, number]): void {
    for (let missing = this.desiredTasks - this.wanted; missing > 0; missing--) this.launch(uniform(this.random, startSeconds));
    const surplus = this.wanted - this.desiredTasks;
    if (surplus <= 0) return;
    const newestFirst = [...this.tasks].filter(({ state }) => state === 'running' || state === 'starting').toReversed();
    for (const task of newestFirst.slice(0, surplus)) this.drain(task);
  }

  private launch(seconds: number): void {
    const task: Task = { state: 'starting', shard: undefined, records: 0, launchedAtSeconds: this.events.nowSeconds };
    this.tasks.add(task);
    this.events.after(seconds, () => {
      if (task.state !== 'starting') return;
      task.state = 'running';
      this.onRunning();
      this.feed();
    });
  }

  private drain(task: Task): void {
    if (task.shard === undefined) return this.end(task);
    task.state = 'draining';
  }

  private end(task: Task): void {
    task.state = 'gone';
    this.goneSeconds += this.events.nowSeconds - task.launchedAtSeconds;
    this.tasks.delete(task);
  }
}
