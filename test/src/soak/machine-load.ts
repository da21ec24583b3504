import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const BUSY_LOOPS = 4;

/** Computes in slices, so that it notices when its parent process ends. */
const BUSY_LOOP = `
  process.on('disconnect', () => process.exit());
  const spin = () => { const end = performance.now() + 50; while (performance.now() < end); setImmediate(spin); };
  spin();`;

/** Writes and syncs the same 64 MiB in a loop. */
const DISK_WRITER = `
  const fs = require('node:fs');
  process.on('disconnect', () => process.exit());
  const file = fs.openSync(process.argv[1], 'w');
  const bytes = Buffer.alloc(1 << 20, 7);
  const write = (place) => {
    fs.writeSync(file, bytes, 0, bytes.length, place << 20);
    if (place % 8 === 7) fs.fsyncSync(file);
    setImmediate(write, (place + 1) % 64);
  };
  write(0);`;

/** Processes that keep this machine's cores and disk busy. */
export interface MachineLoad {
  /** Signals are forwarded to the child process. */
  readonly endWith: (child: ChildProcess) => void;
  readonly isInterrupted: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Each process ends by itself when its IPC channel to this process closes, so none outlives a kill. */
export function startMachineLoad(folder: string): MachineLoad {
  const start = (script: string, ...args: string[]) =>
    spawn(process.execPath, ['-e', script, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const children = [
    ...Array.from({ length: BUSY_LOOPS }, () => start(BUSY_LOOP)),
    start(DISK_WRITER, `${folder}/filler`),
  ];
  let current: ChildProcess | undefined;
  let interrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = true;
    current?.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return {
    endWith: (child) => (current = child),
    isInterrupted: () => interrupted,
    stop: async () => void (await Promise.all(children.map(end))),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
