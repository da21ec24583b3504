import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';
import { SpareBuffers } from './spare-buffers';
import { createWarmUpTask } from './warm-up';

/** More than the consumers and the finalizer ever have on their way: reaching it is a defect, and refused. */
const MAX_WAITING = 256;
/** A shard's object is some 3.4 times as large as its rows. When it is larger than this it gets memory of its own. */
const OBJECT_TO_INPUT = 4;
/** Beside the threads' own: what is read or written meanwhile, and what the finalizer holds. */
const MORE_OBJECTS = 4;
const MORE_INPUTS = 2;

/** What a thread gets and gives back: the memory of both sides goes back and forth. */
export interface ThreadTask {
  kind: 'score' | 'fail';
  task: ShardTask;
  /** For the object. */
  into: ArrayBuffer;
}
export interface ThreadAnswer {
  object: Uint8Array<ArrayBuffer>;
  /** The memory of the task's bytes. */
  input: ArrayBuffer;
}

/** Scores shards on threads of their own, so that locks renew and health answers while the processor is busy. */
export class ScoringPool {
  private readonly pool: Piscina<ThreadTask, ThreadAnswer>;
  private readonly inputs: SpareBuffers;
  private readonly objects: SpareBuffers;
  private stopping: Promise<void> | undefined;

  /** `threadFile`: compiled, for a thread loads it by itself. */
  constructor(private readonly threads: number, threadFile = join(__dirname, 'thread.js')) {
    this.pool = new Piscina({ filename: threadFile, minThreads: threads, maxThreads: threads, maxQueue: MAX_WAITING });
    this.inputs = new SpareBuffers(threads + MORE_INPUTS);
    this.objects = new SpareBuffers(threads + MORE_OBJECTS);
  }

  /** Memory to load the rows of a shard into, for the bytes of a task. */
  inputMemory(bytes: number): Buffer {
    return Buffer.from(this.inputs.take(bytes));
  }

  /** Memory to load the object of a shard into, whose rows are so many bytes. */
  objectMemory(inputBytes: number): Buffer {
    return Buffer.from(this.objects.take(inputBytes * OBJECT_TO_INPUT));
  }

  /** Nobody reads the object any more, which came of this pool or lies in its `objectMemory`. */
  release(object: Uint8Array): void {
    this.objects.give(object.buffer as ArrayBuffer);
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
    const into = this.objects.take(bytes.length * OBJECT_TO_INPUT);
    const transferList = [bytes.buffer as ArrayBuffer, into];
    const { object, input } = await this.pool.run({ kind, task: { ...task, bytes }, into }, { transferList });
    this.inputs.give(input);
    return Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  }
}

/** Only a whole ArrayBuffer can be moved: what may lie in one that others use too, as small buffers do, is copied first. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength || SpareBuffers.isSpare(bytes.buffer) ? bytes : Uint8Array.from(bytes);
}
