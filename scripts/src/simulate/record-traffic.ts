import type { EventQueue } from './event-queue';
import type { Fleet, Task } from './fleet';
import type { Random } from '@cytoqueue/classifier';
import { duration, pauseSeconds, uniform } from './random';
import type { SimulationConfig } from './scenario';

interface QueuedRecord {
  readonly sentAtSeconds: number;
}

/** Clinicians who send single records. Records have their own queue, which every worker serves beside its shards. */
export class RecordTraffic {
  private readonly waiting: QueuedRecord[] = [];
  private readonly active = new Map<Task, Set<QueuedRecord>>();
  private seconds: number[] = [];
  /** Latency of every result, in order of completion. */
  readonly latencies: number[] = [];

  constructor(
    private readonly config: SimulationConfig,
    private readonly events: EventQueue,
    private readonly fleet: Fleet,
    private readonly random: Random,
  ) {
    fleet.onKilled = (task) => this.requeueRecords(task);
    fleet.onRunning = () => this.serve();
  }

  start(): void {
    const { recordsPerSecond } = this.config.clinicians;
    if (recordsPerSecond === 0) return;
    this.events.after(pauseSeconds(this.random, recordsPerSecond), () => {
      this.waiting.push({ sentAtSeconds: this.events.nowSeconds });
      this.serve();
      this.start();
    });
  }

  /** Returns the latencies since the last call. */
  takeLatencies(): number[] {
    const latencies = this.seconds;
    this.seconds = [];
    return latencies;
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const free = this.fleet.leastBusy;
      if (free === undefined || free.records >= this.config.clinicians.atOncePerWorker) return;
      this.answer(free, this.waiting.shift() as QueuedRecord);
    }
  }

  private answer(task: Task, entry: QueuedRecord): void {
    const { idle, busy } = this.config.clinicians;
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

  private requeueRecords(task: Task): void {
    for (const entry of this.active.get(task) ?? []) {
      this.events.after(uniform(this.random, this.config.clinicians.redeliverySeconds), () => {
        this.waiting.unshift(entry);
        this.serve();
      });
    }
    this.active.get(task)?.clear();
  }
}
