import type { EventQueue } from './event-queue';
import type { Random } from '@cytoqueue/training';
import { uniform } from './random';
import type { SimulationConfig } from './scenario';
import type { Shard, ShardQueue } from './shard-queue';

/** ECS notices that a task is gone. */
const DETECTION_SECONDS = 10;
/** From SIGTERM, of Spot or of ECS, until the container is killed (`stopTimeout`). */
const STOP_SECONDS = 120;
/** How often ECS tries again to stop tasks that were protected. */
const RETRY_SECONDS = 10;
/** Of what the same shard takes, from one time to the next. */
const DURATION_FACTORS: readonly [number, number] = [0.9, 1.1];

export interface Task {
  state: 'starting' | 'running' | 'draining' | 'gone';
  shard: Shard | undefined;
  shardSinceSeconds: number;
  readonly version: number;
  /** Clinicians' records that it is at. */
  records: number;
  readonly launchedAtSeconds: number;
}

/** The workers' service: as many tasks as are desired, each of which takes shards one after the other. */
export class Fleet {
  private readonly tasks = new Set<Task>();
  private desiredTasks = 0;
  private goneSeconds = 0;
  private version = 0;
  private deployedAtSeconds: number | undefined;
  /** How long each deployment took until its last old task was told to end; Infinity while it has not. */
  readonly deploymentSeconds: number[] = [];
  /** Told of a task that ended without goodbye, or that has begun to run. */
  onKilled: (task: Task) => void = () => undefined;
  onRunning: () => void = () => undefined;

  constructor(
    private readonly config: SimulationConfig,
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
    for (const task of this.tasks)
      if (task.state === 'running' && (least === undefined || task.records < least.records)) least = task;
    return least;
  }

  /** Running and starting: what the bounds are about. A deployment runs old and new ones beside each other. */
  get planned(): number {
    return this.deployedAtSeconds === undefined ? this.alive.length : Math.min(this.alive.length, this.desiredTasks);
  }

  private get alive(): Task[] {
    return [...this.tasks].filter(({ state }) => state === 'running' || state === 'starting');
  }

  /** Paid for, from launch to end, of all tasks up to now. */
  get taskSeconds(): number {
    return [...this.tasks].reduce(
      (sum, { launchedAtSeconds }) => sum + this.events.nowSeconds - launchedAtSeconds,
      this.goneSeconds,
    );
  }

  /** With that many running at once. */
  start(tasks: number): void {
    this.desiredTasks = tasks;
    for (let i = 0; i < tasks; i++)
      this.tasks.add({
        state: 'running',
        shard: undefined,
        shardSinceSeconds: 0,
        version: 0,
        records: 0,
        launchedAtSeconds: 0,
      });
  }

  setDesired(tasks: number): void {
    this.desiredTasks = tasks;
    this.reconcile(this.config.startSeconds);
  }

  kill(count: number): void {
    for (const task of this.running.slice(0, count)) this.loseTask(task);
    this.events.after(DETECTION_SECONDS, () => this.reconcile(this.config.startSeconds));
  }

  interrupt(count: number, startSeconds: number): void {
    for (const task of this.running.slice(0, count)) this.drain(task);
    this.reconcile([startSeconds, startSeconds]);
  }

  /** Rolling, with 100 % healthy and 200 % at most. */
  deploy(): void {
    this.version++;
    this.deployedAtSeconds = this.events.nowSeconds;
    this.deploymentSeconds.push(Infinity);
    this.continueDeployment();
  }

  private continueDeployment(): void {
    const isNew = ({ version }: Task): boolean => version === this.version;
    const newTasks = this.alive.filter(isNew);
    for (let missing = this.desiredTasks - newTasks.length; missing > 0; missing--)
      this.launch(uniform(this.random, this.config.startSeconds));
    const old = this.alive.filter((task) => !isNew(task));
    const free = this.running.length - this.desiredTasks;
    for (const task of old.filter((candidate) => !this.isProtected(candidate)).slice(0, Math.max(0, free)))
      this.drain(task);
    if (this.alive.every(isNew)) return this.endDeployment();
    this.events.after(RETRY_SECONDS, () => this.continueDeployment());
  }

  private endDeployment(): void {
    this.deploymentSeconds[this.deploymentSeconds.length - 1] =
      this.events.nowSeconds - (this.deployedAtSeconds as number);
    this.deployedAtSeconds = undefined;
    this.reconcile(this.config.startSeconds);
  }

  private isProtected({ shard, shardSinceSeconds }: Task): boolean {
    return shard !== undefined && this.events.nowSeconds - shardSinceSeconds >= this.config.protectAfterSeconds;
  }

  private loseTask(task: Task): void {
    this.end(task);
    this.onKilled(task);
    const { shard } = task;
    if (shard === undefined) return;
    this.queue.stall(shard);
    this.events.after(uniform(this.random, this.config.redeliverySeconds), () => {
      this.queue.redeliver(shard);
      this.assignShards();
    });
  }

  /** Gives shards to tasks that have none. */
  assignShards(): void {
    for (const task of this.tasks) {
      if (task.state !== 'running' || task.shard !== undefined) continue;
      const shard = this.queue.take();
      if (shard === undefined) return;
      this.score(task, shard);
    }
  }

  private score(task: Task, shard: Shard): void {
    task.shard = shard;
    task.shardSinceSeconds = this.events.nowSeconds;
    const { rowsPerSecondPerWorker, rowsPerSecondTogether = Infinity } = this.config;
    const rowsPerSecond = Math.min(rowsPerSecondPerWorker, rowsPerSecondTogether / this.running.length);
    const seconds = (shard.rows / rowsPerSecond) * uniform(this.random, DURATION_FACTORS);
    this.events.after(seconds, () => {
      if (task.state === 'gone') return;
      task.shard = undefined;
      this.queue.finish(shard, this.events.nowSeconds);
      if (task.state === 'draining') this.end(task);
      else this.assignShards();
    });
  }

  private reconcile(startSeconds: readonly [number, number]): void {
    // A deployment brings the number about by itself.
    if (this.deployedAtSeconds !== undefined) return;
    for (let missing = this.desiredTasks - this.planned; missing > 0; missing--)
      this.launch(uniform(this.random, startSeconds));
    const surplus = this.planned - this.desiredTasks;
    if (surplus <= 0) return;
    const free = this.alive
      .toReversed()
      .filter((task) => !this.isProtected(task))
      .slice(0, surplus);
    for (const task of free) this.drain(task);
    if (free.length < surplus) this.events.after(RETRY_SECONDS, () => this.reconcile(startSeconds));
  }

  private launch(seconds: number): void {
    const task: Task = {
      state: 'starting',
      shard: undefined,
      shardSinceSeconds: 0,
      version: this.version,
      records: 0,
      launchedAtSeconds: this.events.nowSeconds,
    };
    this.tasks.add(task);
    this.events.after(seconds, () => {
      if (task.state !== 'starting') return;
      task.state = 'running';
      this.onRunning();
      this.assignShards();
    });
  }

  private drain(task: Task): void {
    if (task.shard === undefined) return this.end(task);
    task.state = 'draining';
    this.events.after(STOP_SECONDS, () => {
      if (task.state === 'draining') this.loseTask(task);
    });
  }

  private end(task: Task): void {
    task.state = 'gone';
    this.goneSeconds += this.events.nowSeconds - task.launchedAtSeconds;
    this.tasks.delete(task);
  }
}
