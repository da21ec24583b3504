import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TabularError } from './error';
import type { Import, ImportSummary, ImportStart } from './import';
import type { ImportSettings } from './settings';
import type { RandomAccess } from './source';
import type { FromThread, ThreadData, ToThread } from './thread-messages';

export interface ThreadOptions {
  /** Limit of the thread's JavaScript heap; buffers lie outside of it and are bounded by the readers. */
  maxHeapMib?: number;
  /** Compiled: a thread loads it without the transformations of a test runner. */
  threadFile?: string;
}

/** `stop` ends the thread, also where `bytes` was never read. */
export type ThreadImport = Import & { stop(): Promise<void> };

/** Below `dist`, also where this file itself runs from its source. */
const COMPILED_THREAD = join(__dirname, '..', 'dist', 'convert-thread.js');
const DEFAULT_HEAP_MIB = 256;
const YOUNG_GENERATION_MIB = 16;
/** Blocks that the thread may send before the consumer asks for them. */
const MAX_BLOCKS_IN_FLIGHT = 4;

/**
 * Imports a stored file on a thread of its own, so that the event loop stays free. The thread asks for ranges of the
 * file, and waits while its blocks are not taken. It ends when the bytes have been read to their end, or when the
 * consumer stops.
 * @throws TabularError, also while the bytes are read: `import-out-of-memory` when the file needs more than the heap's
 *   limit; the file's own error when a range cannot be read
 */
export async function importInThread(
  file: RandomAccess,
  settings: ImportSettings,
  options: ThreadOptions = {},
): Promise<ThreadImport> {
  const conversion = new Conversion(file, settings, options);
  try {
    return {
      start: await conversion.started(),
      bytes: conversion.blocks(),
      stop: () => conversion.stop(),
    };
  } catch (error) {
    await conversion.stop();
    throw error;
  }
}

class Conversion {
  private readonly worker: Worker;
  private start: ImportStart | undefined;
  private summary: ImportSummary | undefined;
  private failure: { error: unknown } | undefined;
  private readonly queue: Uint8Array[] = [];
  private wake: (() => void) | undefined;

  constructor(
    private readonly file: RandomAccess,
    settings: ImportSettings,
    { maxHeapMib = DEFAULT_HEAP_MIB, threadFile = COMPILED_THREAD }: ThreadOptions,
  ) {
    const workerData: ThreadData = { size: file.size, settings, credit: MAX_BLOCKS_IN_FLIGHT };
    const resourceLimits = { maxOldGenerationSizeMb: maxHeapMib, maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB };
    // The thread needs neither the environment nor the flags of the process.
    this.worker = new Worker(threadFile, { workerData, resourceLimits, env: {}, execArgv: [] });
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (error) => this.fail(asRefusal(error, maxHeapMib)));
    this.worker.on('exit', () => this.summary ?? this.fail(new Error('the conversion thread ended early')));
  }

  async started(): Promise<ImportStart> {
    while (this.start === undefined) await this.changed();
    return this.start;
  }

  async *blocks(): AsyncGenerator<Uint8Array, ImportSummary> {
    try {
      for (;;) {
        const block = this.queue.shift();
        if (block !== undefined) {
          yield block;
          this.send({ kind: 'more' });
        } else if (this.summary === undefined) await this.changed();
        else return this.summary;
      }
    } finally {
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  /** Resolves at the next message of the thread. @throws the error with which the thread failed */
  private async changed(): Promise<void> {
    if (this.failure === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.failure !== undefined) throw this.failure.error;
  }

  private receive(message: FromThread): void {
    switch (message.kind) {
      case 'read':
        void this.answer(message.id, message.offset, message.length);
        return;
      case 'start':
        this.start = message.start;
        break;
      case 'block':
        this.queue.push(message.block);
        break;
      case 'end':
        this.summary = message.summary;
        break;
      case 'refused':
        this.failure ??= { error: new TabularError(message.code, message.message, message) };
        break;
      case 'defect':
        this.failure ??= { error: message.error };
        break;
    }
    this.wake?.();
  }

  private async answer(id: number, offset: number, length: number): Promise<void> {
    try {
      this.send({ kind: 'bytes', id, bytes: await this.file.read(offset, length) });
    } catch (error) {
      this.fail(error);
    }
  }

  private send(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.wake?.();
  }
}

function asRefusal(error: Error & { code?: string }, maxHeapMib: number): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new TabularError(
    'import-out-of-memory',
    `the file needs more than ${maxHeapMib} MiB of memory to be read; save it as CSV and send that`,
    { cause: error },
  );
}
