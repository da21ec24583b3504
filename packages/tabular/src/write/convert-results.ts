import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Dialect } from '@cytoqueue/csv';
import type { ResultFormat } from './result-formats';
import type { ColumnType } from './result-table';
import { assertXlsxRows } from './xlsx';

export interface ResultsThreadData {
  format: ResultFormat;
  /** Dialect of the CSV file. */
  dialect: Dialect;
  /** Data rows of the CSV file. */
  rows: number;
  /** The type of each column. */
  types: readonly ColumnType[];
}

export type ToResultsThread = { kind: 'chunk'; bytes: Uint8Array } | { kind: 'end' } | { kind: 'more' };

export type FromResultsThread =
  | { kind: 'need' }
  | { kind: 'block'; bytes: Uint8Array }
  | { kind: 'end' }
  | { kind: 'failed'; error: unknown };

/** Below `dist`, also where this file itself runs from its source. */
const COMPILED_THREAD = join(__dirname, '..', '..', 'dist', 'write', 'results-thread.js');
const MAX_HEAP_MIB = 256;

/**
 * Converts a CSV file of results on a thread of its own, so that the event loop stays free. At most one chunk and one
 * block are in flight; the thread ends with the last block, or when the consumer stops.
 * @throws TabularError `too-many-rows` at once, before anything is read
 */
export function convertResultsInThread(
  bytes: AsyncIterable<Uint8Array>,
  options: ResultsThreadData,
): AsyncGenerator<Uint8Array> {
  if (options.format === 'xlsx') assertXlsxRows(options.rows);
  return convert(bytes[Symbol.asyncIterator](), options);
}

async function* convert(input: AsyncIterator<Uint8Array>, workerData: ResultsThreadData): AsyncGenerator<Uint8Array> {
  const worker = new Worker(COMPILED_THREAD, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    env: {},
    execArgv: [],
  });
  const inbox = new Inbox(worker);
  const send = (message: ToResultsThread) => worker.postMessage(message);
  try {
    for (;;) {
      const message = await inbox.next();
      if (message.kind === 'end') return;
      if (message.kind === 'failed') throw message.error;
      if (message.kind === 'block') {
        yield message.bytes;
        send({ kind: 'more' });
      } else {
        const next = await input.next();
        send(next.done === true ? { kind: 'end' } : { kind: 'chunk', bytes: next.value });
      }
    }
  } finally {
    await worker.terminate();
    await input.return?.();
  }
}

/** The messages of a thread in their order. */
class Inbox {
  private readonly messages: FromResultsThread[] = [];
  private wake: (() => void) | undefined;

  constructor(worker: Worker) {
    const add = (message: FromResultsThread) => {
      this.messages.push(message);
      this.wake?.();
    };
    worker.on('message', add);
    worker.on('error', (error) => add({ kind: 'failed', error }));
    worker.on('exit', () => add({ kind: 'failed', error: new Error('the thread that converts results ended early') }));
  }

  async next(): Promise<FromResultsThread> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.messages.shift() as FromResultsThread;
  }
}
