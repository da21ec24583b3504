import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { waitUntil } from './wait-until';

export const ROOT = resolve(__dirname, '../../..');
export const START = join(ROOT, 'scripts/dist/stack/main.js');

/** A stack that has not stopped after this time is killed. */
const STOP_DEADLINE_MS = 110_000;

/** How often a start is tried that took longer than the minute that the stack gives its services, on a busy machine. */
const START_ATTEMPTS = 3;

const SIGTERM_BIT = 1n << 14n;

/** DATA_DIR/ready.json. */
export interface Ready {
  readonly url: string;
  readonly api_key: string;
  readonly pids: {
    readonly stack: number;
    readonly api: number;
    readonly workers: readonly number[];
    readonly redis?: number;
  };
  readonly redis_url: string;
  readonly worker_ports: readonly number[];
}

/** A running program of the repository and its output so far. */
export interface RunningProgram {
  readonly process: ChildProcess;
  /** Resolves with the exit status or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export interface RunningStack extends RunningProgram {
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
  /** Content of ready.json at the start; `readReady(dataDir)` returns the current content. */
  readonly ready: Ready;
  /** Sends SIGTERM and waits for the end. Removes the data directory unless the caller gave it. @returns the exit status */
  readonly stop: () => Promise<number | NodeJS.Signals>;
}

export type Environment = Record<string, string | undefined>;

/**
 * Variables that configure the services, or what they connect to: removed from the tests' own environment, so that no
 * setting of the shell leaks in. `AWS_…` and `CYTOQUEUE_…` are removed by their prefix.
 */
const OUR_VARIABLES = new Set([
  'HOST',
  'PORT',
  'DATA_DIR',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'STORAGE_URL',
  'API_KEYS',
  'API_KEYS_FILE',
  'SESSION_SECRET',
  'TRUST_PROXY',
  'WORKERS',
  'SERVICE_NODE',
  'WORKER_THREADS',
  'SHARD_ROWS',
  'CLOUDWATCH_NAMESPACE',
  'ENVIRONMENT',
  'WORKER_PORT',
  'MAX_UPLOAD_BYTES',
  'RETENTION_DAYS',
  'INPUT_RETENTION_DAYS',
  'RATE_LIMIT_PER_MINUTE',
  'CONCURRENT_UPLOADS',
  'EVENT_STREAMS',
  'STORED_BYTES_QUOTA',
  'MAX_CONNECTIONS',
  'CANARY_SECONDS',
  'WORKER_STALL_SECONDS',
  'LOG_LEVEL',
  'ECS_AGENT_URI',
  'MAX_WAIT_SECONDS',
  'PUBLIC_URL',
  'CORS_ORIGINS',
  'CONFIRMATION_RETENTION_DAYS',
  'RUNBOOK_BASE_URL',
  'GATE_DIR',
  'EVENT_LOOP_DIR',
]);

/** For a loaded machine: no test may fail because a record took longer than the default's 25 s. */
const MAX_WAIT_SECONDS = '60';

function isOurVariable(name: string): boolean {
  return OUR_VARIABLES.has(name) || name.startsWith('AWS_') || name.startsWith('CYTOQUEUE_');
}

/** The variables of this process that do not configure the product. */
export function inheritedEnvironment(): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurVariable(name)));
}

/**
 * Starts the real stack on a free port and, unless DATA_DIR is given, in a temporary directory; resolves when it is
 * ready. The stack ends with this process.
 * @throws Error with the stack's output when it does not become ready; the stack has ended then
 */
export async function startStack(environment: Environment = {}): Promise<RunningStack> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryStart(environment);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !String(error).includes('did not answer in time')) throw error;
      process.stderr.write(`a stack is started again: ${String(error)}\n`);
    }
  }
}

async function tryStart(environment: Environment): Promise<RunningStack> {
  const dataDir = environment['DATA_DIR'] ?? makeDataDir();
  const program = runProgram(process.execPath, [START], {
    PORT: '0',
    DATA_DIR: dataDir,
    MAX_WAIT_SECONDS,
    // Each further thread takes a quarter of a second of processor time to start.
    WORKER_THREADS: '1',
    ...environment,
  });
  const stop = async (): Promise<number | NodeJS.Signals> => {
    const status = await terminateProgram(program);
    if (environment['DATA_DIR'] === undefined) rmSync(dataDir, { recursive: true, force: true });
    return status;
  };
  try {
    const ready = await untilReady(program, dataDir);
    return { ...program, url: ready.url, apiKey: ready.api_key, dataDir, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'cytoqueue-'));
}

/** Reads ready.json of a running stack; undefined when there is none. */
export function readReady(dataDir: string): Ready | undefined {
  const file = join(dataDir, 'ready.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ready) : undefined;
}

export async function untilReady(program: RunningProgram, dataDir: string): Promise<Ready> {
  return waitUntil('the stack is ready', () => {
    const { exitCode, signalCode } = program.process;
    const ready = readReady(dataDir);
    // A killed stack leaves its own ready.json behind.
    if (ready !== undefined && isRunning(ready.pids.stack)) return ready;
    if (exitCode === null && signalCode === null) return undefined;
    throw new Error(`the stack ended with ${exitCode ?? signalCode} before it was ready:\n${program.stderr()}`);
  });
}

/**
 * Runs a program from the repository's root. Its IPC channel ends it when this process ends without stopping it; in
 * containers and systemd units services have none.
 */
export function runProgram(
  command: string,
  args: readonly string[],
  environment: Environment,
  { detached = false, hasChannel = true } = {},
): RunningProgram {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
    detached,
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // Not 'close': Node.js 20 never emits it once we have closed the IPC channel ourselves.
  const exited = Promise.all([once(child, 'exit'), stdout.ended, stderr.ended]).then(
    ([[code, signal]]) => (code ?? signal) as number | NodeJS.Signals,
  );
  return { process: child, exited, stdout: stdout.text, stderr: stderr.text };
}

function collect(stream: Readable | null): { text: () => string; ended: Promise<unknown> } {
  if (stream === null) throw new Error('the program has no output to collect');
  let text = '';
  stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  return { text: () => text, ended: once(stream, 'end') };
}

/** Sends SIGTERM, then SIGKILL if the stack hangs; its child processes then end by themselves. */
export async function terminateProgram({ process: child, exited }: RunningProgram): Promise<number | NodeJS.Signals> {
  child.kill('SIGTERM');
  const stuck = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  const status = await exited;
  clearTimeout(stuck);
  return status;
}

export function pidsOf({ pids }: Ready): number[] {
  return [pids.stack, pids.api, ...pids.workers, ...(pids.redis === undefined ? [] : [pids.redis])];
}

/** Files in a data directory that exist only while a stack runs. */
export function tracesIn(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => ['ready.json', 'stack.lock', 'processes.json'].includes(name));
}

/** False for a zombie too: if its parent was killed, it remains until the system's first process collects it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self/stat') || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Stops a process and resolves when every thread of it has stopped (Linux): until then a thread may still handle
 * another signal, even one that was sent later.
 */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const states = () =>
    readdirSync(`/proc/${pid}/task`).map(
      (thread) => / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').replace(/^.*\)/, ''))?.[1],
    );
  await waitUntil(`process ${pid} has stopped`, () => states().every((state) => state === 'T'));
}

/** True while a process that was stopped by SIGSTOP has yet to handle a SIGTERM (Linux). */
export function hasPendingSigterm(pid: number): boolean {
  const [, pending = '0'] = /^ShdPnd:\t(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${pending}`) & SIGTERM_BIT) !== 0n;
}
