import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';
import { createWarmUpTask } from './warm-up';

/** More than the consumers and the finalizer ever have on their way: reaching it is a defect, and refused. */
const MAX_WAITING = 256;

/** Scores shards on threads of their own, so that locks renew and health answers while the processor is busy. */
export class ScoringPool {
  private readonly pool: Piscina<{ kind: 'score' | 'fail'; task: ShardTask }, Uint8Array<ArrayBuffer>>;
  private stopping: Promise<void> | undefined;

  /** `threadFile`: compiled, for a thread loads it by itself. */
  constructor(private readonly threads: number, threadFile = join(__dirname, 'thread.js')) {
    this.pool = new Piscina({ filename: threadFile, minThreads: threads, maxThreads: threads, maxQueue: MAX_WAITING });
  }

  /** The shard's object, encoded. `task.bytes` is moved to the thread and empty afterwards. */
  score(task: ShardTask): Promise<Buffer> {
    return this.run('score', task);
  }

  /** The same rows as a failed shard. */
  fail(task: ShardTask): Promise<Buffer> {
    return this.run('fail', task);
  }

  /** Lets each thread compile what it will need, before a lab waits for it. */
  async warmUp(model: LoadedModel): Promise<void> {
    await Promise.all(Array.from({ length: this.threads }, () => this.score(createWarmUpTask(model))));
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }

  private async run(kind: 'score' | 'fail', task: ShardTask): Promise<Buffer> {
    const bytes = ownBuffer(task.bytes);
    const object = await this.pool.run({ kind, task: { ...task, bytes } }, { transferList: [bytes.buffer as ArrayBuffer] });
    return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  }
}

/** Only a whole ArrayBuffer can be moved; a view into a shared one is copied first. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}
