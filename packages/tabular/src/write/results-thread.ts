/** Entry of the thread that converts results, see convert-results.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { convertResults } from './convert';
import type { FromResultsThread, ResultsThreadData, ToResultsThread } from './convert-results';

const { format, dialect, rows, types } = workerData as ResultsThreadData;
const port = parentPort as NonNullable<typeof parentPort>;
/**
 * Resolves the request for input, and the request to go on after a block: a writer of streams has both pending at once.
 */
let onInput: ((message: ToResultsThread) => void) | undefined;
let onMore: (() => void) | undefined;
port.on('message', (message: ToResultsThread) => (message.kind === 'more' ? onMore?.() : onInput?.(message)));

const send = (message: FromResultsThread) => port.postMessage(message);

function nextInput(): Promise<ToResultsThread> {
  return new Promise((resolve) => {
    onInput = resolve;
    send({ kind: 'need' });
  });
}

async function* input(): AsyncGenerator<Uint8Array> {
  for (let next = await nextInput(); next.kind === 'chunk'; next = await nextInput()) yield next.bytes;
}

function sendBlock(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    onMore = resolve;
    send({ kind: 'block', bytes });
  });
}

async function convert(): Promise<void> {
  for await (const block of convertResults(input(), { format, dialect, rows, typesOf: () => types }))
    if (block.length > 0) await sendBlock(block);
}

convert()
  .then(() => send({ kind: 'end' }))
  .catch((error: unknown) => send({ kind: 'failed', error }))
  .finally(() => port.close());
