import { join } from 'node:path';
import { Piscina } from 'piscina';
import { SHARD_HEADER_MAX_BYTES } from '@cytoqueue/records';
import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';
import { expectedResultBytes } from './shard-writer';
import { BufferPool } from './buffer-pool';
import { createWarmUpTask } from './warm-up';

/** The consumers and the finalizer never queue this many tasks; the pool rejects more, because that is a defect. */
const MAX_QUEUED = 256;
/** Buffers beyond one per thread: for shards being read or written meanwhile, and for the finalizer. */
const EXTRA_OUTPUTS = 4;
const EXTRA_INPUTS = 2;

/** Input of a thread. The memory of input and output is transferred to the thread and back, not copied. */
export interface ThreadTask {
  kind: 'score' | 'encode-failed';
  task: ShardTask;
  /** Memory for the encoded object. Scored rows are written to it directly, after room for the header. */
  output: ArrayBuffer;
}
export interface ThreadResult {
  object: Uint8Array<ArrayBuffer>;
  /** Memory of the task's bytes, to be reused. */
  input: ArrayBuffer;
}

/** Scores shards on threads of their own, so that locks renew and health answers while the processor is busy. */
export class ScoringPool {
  private readonly pool: Piscina<ThreadTask, ThreadResult>;
  private readonly inputs: BufferPool;
  private readonly outputs: BufferPool;
  private stopping: Promise<void> | undefined;

  /** `threadFile`: compiled JavaScript, because each thread loads it directly. */
  constructor(
    private readonly threads: number,
    threadFile = join(__dirname, 'thread.js'),
  ) {
    this.pool = new Piscina({ filename: threadFile, minThreads: threads, maxThreads: threads, maxQueue: MAX_QUEUED });
    this.inputs = new BufferPool(threads + EXTRA_INPUTS);
    this.outputs = new BufferPool(threads + EXTRA_OUTPUTS);
  }

  /** Provides memory for the rows of a shard, which take `inputBytes`; to be passed as `task.bytes`. */
  acquireInputFor(inputBytes: number): Buffer {
    return Buffer.from(this.inputs.acquire(inputBytes));
  }

  /** Provides memory for the encoded object of a shard whose rows take `length` bytes; a larger object gets its own. */
  acquireOutputFor(shard: { length: number; rows: number }): Buffer {
    return Buffer.from(this.outputs.acquire(outputBytes(shard.length, shard.rows)));
  }

  /**
   * Returns an object's memory to the pool, which keeps it if it is large enough. The caller must not read it
   * afterwards.
   */
  release(object: Uint8Array): void {
    this.outputs.release(object.buffer as ArrayBuffer);
  }

  /** Scores a shard and returns its encoded object. `task.bytes` is moved to the thread and empty afterwards. */
  score(task: ShardTask): Promise<Buffer> {
    return this.run('score', task);
  }

  /** Encodes the rows as a failed shard; moves `task.bytes` like `score`. */
  encodeFailedShard(task: ShardTask): Promise<Buffer> {
    return this.run('encode-failed', task);
  }

  /**
   * Runs a sample shard on each thread, so that its code is compiled before the first upload.
   * @returns the encoded object of one
   */
  async warmUp(model: LoadedModel): Promise<Buffer> {
    const task = createWarmUpTask(model);
    // A thread takes the memory of its bytes.
    const shards = Array.from({ length: this.threads }, () => ({ ...task, bytes: Uint8Array.from(task.bytes) }));
    const [object] = await Promise.all(shards.map((shard) => this.score(shard)));
    return object!;
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }

  private async run(kind: ThreadTask['kind'], task: ShardTask): Promise<Buffer> {
    const bytes = toTransferable(task.bytes);
    const output = this.outputs.acquire(outputBytes(bytes.length, task.rows));
    const transferList = [bytes.buffer as ArrayBuffer, output];
    const { object, input } = await this.pool.run({ kind, task: { ...task, bytes }, output }, { transferList });
    this.inputs.release(input);
    return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  }
}

function outputBytes(inputBytes: number, rows: number): number {
  return SHARD_HEADER_MAX_BYTES + expectedResultBytes(inputBytes, rows);
}

/**
 * Only a whole ArrayBuffer can be moved, so bytes that may share theirs with other buffers (small ones do) are copied.
 */
function toTransferable(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength || BufferPool.owns(bytes.buffer) ? bytes : Uint8Array.from(bytes);
}
