import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';
import { BufferPool } from './buffer-pool';
import { createWarmUpTask } from './warm-up';

/** More than the consumers and the finalizer ever have on their way: reaching it is a defect, and refused. */
const MAX_QUEUED = 256;
/** A shard's object is some 3.4 times as large as its rows. When it is larger than this it gets memory of its own. */
const OUTPUT_SIZE_FACTOR = 4;
/** Beside the threads' own: what is read or written meanwhile, and what the finalizer holds. */
const EXTRA_OUTPUTS = 4;
const EXTRA_INPUTS = 2;

/** What a thread gets and gives back: the memory of both sides goes back and forth. */
export interface ThreadTask {
  kind: 'score' | 'fail';
  task: ShardTask;
  /** For the object. */
  output: ArrayBuffer;
}
export interface ThreadResult {
  object: Uint8Array<ArrayBuffer>;
  /** The memory of the task's bytes. */
  input: ArrayBuffer;
}

/** Scores shards on threads of their own, so that locks renew and health answers while the processor is busy. */
export class ScoringPool {
  private readonly pool: Piscina<ThreadTask, ThreadResult>;
  private readonly inputs: BufferPool;
  private readonly outputs: BufferPool;
  private stopping: Promise<void> | undefined;

  /** `threadFile`: compiled, for a thread loads it by itself. */
  constructor(
    private readonly threads: number,
    threadFile = join(__dirname, 'thread.js'),
  ) {
    this.pool = new Piscina({ filename: threadFile, minThreads: threads, maxThreads: threads, maxQueue: MAX_QUEUED });
    this.inputs = new BufferPool(threads + EXTRA_INPUTS);
    this.outputs = new BufferPool(threads + EXTRA_OUTPUTS);
  }

  /** Memory to load the rows of a shard into, for the bytes of a task. */
  acquireInput(bytes: number): Buffer {
    return Buffer.from(this.inputs.acquire(bytes));
  }

  /** Memory to load the object of a shard into, whose rows are so many bytes. */
  acquireOutput(inputBytes: number): Buffer {
    return Buffer.from(this.outputs.acquire(inputBytes * OUTPUT_SIZE_FACTOR));
  }

  /** Nobody reads the object any more, which came of this pool or lies in its `objectMemory`. */
  release(object: Uint8Array): void {
    this.outputs.release(object.buffer as ArrayBuffer);
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
    const bytes = toTransferable(task.bytes);
    const output = this.outputs.acquire(bytes.length * OUTPUT_SIZE_FACTOR);
    const transferList = [bytes.buffer as ArrayBuffer, output];
    const { object, input } = await this.pool.run({ kind, task: { ...task, bytes }, output }, { transferList });
    this.inputs.release(input);
    return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  }
}

/** Only a whole ArrayBuffer can be moved: what may lie in one that others use too, as small buffers do, is copied first. */
function toTransferable(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength || BufferPool.owns(bytes.buffer) ? bytes : Uint8Array.from(bytes);
}
