import type { EventQueue } from './event-queue';
import type { Fleet, Task } from './fleet';
import type { Random } from '@cytoqueue/classifier';
import { duration, pauseSeconds, uniform } from './random';
import type { World } from './scenario';

interface Entry {
  readonly sentAtSeconds: number;
}

/** Clinicians, who send single records. These have a queue of their own, and every worker takes from it whatever else it does. */
export class Clinic {
  private readonly waiting: Entry[] = [];
  private readonly active = new Map<Task, Set<Entry>>();
  private seconds: number[] = [];
  /** Of every answer, in the order of the answers. */
  readonly latencies: number[] = [];

  constructor(
    private readonly world: World,
    private readonly events: EventQueue,
    private readonly fleet: Fleet,
    private readonly random: Random,
  ) {
    fleet.onKilled = (task) => this.lose(task);
    fleet.onRunning = () => this.serve();
  }

  begin(): void {
    const { recordsPerSecond } = this.world.clinicians;
    if (recordsPerSecond === 0) return;
    this.events.after(pauseSeconds(this.random, recordsPerSecond), () => {
      this.waiting.push({ sentAtSeconds: this.events.nowSeconds });
      this.serve();
      this.begin();
    });
  }

  /** The latencies since the last call. */
  collect(): number[] {
    const collected = this.seconds;
    this.seconds = [];
    return collected;
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const free = this.fleet.leastBusy;
      if (free === undefined || free.records >= this.world.clinicians.atOncePerWorker) return;
      this.answer(free, this.waiting.shift() as Entry);
    }
  }

  private answer(task: Task, entry: Entry): void {
    const { idle, busy } = this.world.clinicians;
    const entries = this.active.get(task) ?? new Set();
    this.active.set(task, entries.add(entry));
    task.records++;
    this.events.after(duration(this.random, task.shard === undefined ? idle : busy), () => {
      if (!entries.delete(entry)) return;
      task.records--;
      const latency = this.events.nowSeconds - entry.sentAtSeconds;
      this.seconds.push(latency);
      this.latencies.push(latency);
      this.serve();
    });
  }

  private lose(task: Task): void {
    for (const entry of this.active.get(task) ?? []) {
      this.events.after(uniform(this.random, this.world.clinicians.redeliverySeconds), () => {
        this.waiting.unshift(entry);
        this.serve();
      });
    }
    this.active.get(task)?.clear();
  }
}
