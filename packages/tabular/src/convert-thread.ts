/** Entry of the conversion thread, see convert-in-thread.ts. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openFile } from './containers/open-file';
import { TabularError } from './error';
import { openImport } from './import';
import type { RandomAccess } from './source';
import type { FromThread, ThreadData, ToThread } from './thread-messages';

/** A conversion can wait; the thread that answers requests cannot. */
const BACKGROUND = 5;
// On Linux 0 is the calling thread; elsewhere it is the process.
if (process.platform === 'linux') setPriority(0, BACKGROUND);

const { size, settings, credit: initialCredit } = workerData as ThreadData;
const port = parentPort as NonNullable<typeof parentPort>;
const reads = new Map<number, (bytes: Uint8Array) => void>();
let lastRead = 0;
let credit = initialCredit;
let onCredit: (() => void) | undefined;

const send = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

port.on('message', (message: ToThread) => {
  if (message.kind === 'more') {
    credit++;
    onCredit?.();
    return;
  }
  reads.get(message.id)?.(message.bytes);
  reads.delete(message.id);
});

/** The stored file, whose ranges the main thread reads. */
const file: RandomAccess = {
  size,
  read: (offset, length) =>
    new Promise((resolve) => {
      reads.set(++lastRead, resolve);
      send({ kind: 'read', id: lastRead, offset, length });
    }),
};

async function convert(): Promise<void> {
  const source = await openFile(file, {
    sheet: settings.sheet ?? settings.profile?.content.sheet,
    maxExpandedBytes: settings.maxExpandedBytes,
  });
  const { start, bytes } = await openImport(source, settings);
  send({ kind: 'start', start });
  for (let next = await bytes.next(); ; next = await bytes.next()) {
    if (next.done === true) return send({ kind: 'end', summary: next.value });
    while (credit === 0) await new Promise<void>((resolve) => (onCredit = resolve));
    credit--;
    send({ kind: 'block', block: next.value }, [next.value.buffer as ArrayBuffer]);
  }
}

convert()
  .catch((error: unknown) => {
    if (error instanceof TabularError)
      send({ kind: 'refused', code: error.code, message: error.message, line: error.line, sheets: error.sheets });
    else send({ kind: 'defect', error });
  })
  .finally(() => port.close());
