import type { EventQueue } from './event-queue';
import type { Random } from '@cytoqueue/classifier';
import { uniform } from './random';
import type { SimulationConfig } from './scenario';
import type { Shard, ShardQueue } from './shard-queue';

/** Delay until ECS notices that a task has ended. */
const DETECTION_SECONDS = 10;
/** Time from SIGTERM (by Spot or ECS) to SIGKILL (`stopTimeout`). */
const STOP_SECONDS = 120;
/** Interval at which ECS retries to stop protected tasks. */
const RETRY_SECONDS = 10;
/** Relative variation of a shard's duration between runs. */
const DURATION_FACTORS: readonly [number, number] = [0.9, 1.1];

export interface Task {
  state: 'starting' | 'running' | 'draining' | 'gone';
  shard: Shard | undefined;
  shardSinceSeconds: number;
  readonly version: number;
  /** Single records that the task is scoring. */
  records: number;
  readonly launchedAtSeconds: number;
}

/** ECS service of the workers: keeps the desired number of tasks, each of which scores one shard at a time. */
export class Fleet {
  private readonly tasks = new Set<Task>();
  private desiredTasks = 0;
  private goneSeconds = 0;
  private version = 0;
  private deployedAtSeconds: number | undefined;
  /** Time of each deployment until its last old task received SIGTERM; Infinity until then. */
  readonly deploymentSeconds: number[] = [];
  /** Called when a task crashed or has started to run. */
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

  /** The running task with the fewest records; undefined when none runs. */
  get leastBusy(): Task | undefined {
    let least: Task | undefined;
    for (const task of this.tasks)
      if (task.state === 'running' && (least === undefined || task.records < least.records)) least = task;
    return least;
  }

  /** Running and starting tasks, as the bounds count them. A deployment runs old and new tasks side by side. */
  get planned(): number {
    return this.deployedAtSeconds === undefined ? this.alive.length : Math.min(this.alive.length, this.desiredTasks);
  }

  private get alive(): Task[] {
    return [...this.tasks].filter(({ state }) => state === 'running' || state === 'starting');
  }

  /** Billed seconds of all tasks so far, from launch to end. */
  get taskSeconds(): number {
    return [...this.tasks].reduce(
      (sum, { launchedAtSeconds }) => sum + this.events.nowSeconds - launchedAtSeconds,
      this.goneSeconds,
    );
  }

  /** Starts the simulation with this many running tasks. */
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

  /** Rolling deployment: at least 100 % healthy, at most 200 %. */
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

  /** Assigns shards to idle tasks. */
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
    // A running deployment sets the number itself.
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
