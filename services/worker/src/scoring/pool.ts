import { join } from 'node:path';
import type { ShardObject } from '@cytoqueue/storage';
import { Piscina } from 'piscina';
import type { ShardTask } from './shard-task';

/** More than the consumers and the finalizer ever have on their way: reaching it is a defect, and refused. */
const MAX_WAITING = 256;

/** Scores shards on threads of their own, so that locks renew and health answers while the processor is busy. */
export class ScoringPool {
  private readonly pool: Piscina<{ kind: 'score' | 'fail'; task: ShardTask }, ShardObject>;
  private stopping: Promise<void> | undefined;

  /** `threadFile`: compiled, for a thread loads it by itself. */
  constructor(threads: number, threadFile = join(__dirname, 'thread.js')) {
    this.pool = new Piscina({ filename: threadFile, minThreads: threads, maxThreads: threads, maxQueue: MAX_WAITING });
  }

  /** `task.bytes` is moved to the thread and empty afterwards. */
  score(task: ShardTask): Promise<ShardObject> {
    return this.run('score', task);
  }

  /** The same rows as a failed shard. */
  fail(task: ShardTask): Promise<ShardObject> {
    return this.run('fail', task);
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }

  private run(kind: 'score' | 'fail', task: ShardTask): Promise<ShardObject> {
    const bytes = ownBuffer(task.bytes);
    return this.pool.run({ kind, task: { ...task, bytes } }, { transferList: [bytes.buffer as ArrayBuffer] });
  }
}

/** Only a whole ArrayBuffer can be moved; a view into a shared one is copied first. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}
