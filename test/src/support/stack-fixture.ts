import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import {
  type Environment,
  type Ready,
  type RunningProgram,
  type RunningStack,
  START,
  terminateProgram,
  isRunning,
  makeDataDir,
  runProgram,
  startStack,
} from './stack-process';
import { waitUntil } from './wait-until';

/** The stacks of one test in a temporary directory; `end` stops them and removes the directory. */
export class StackFixture {
  readonly dataDir = makeDataDir();
  readonly #otherDir = makeDataDir();
  readonly #programs: RunningProgram[] = [];

  async start(environment: Environment = {}): Promise<RunningStack> {
    const stack = await startStack({ DATA_DIR: this.dataDir, ...environment });
    this.#programs.push(stack);
    return stack;
  }

  /** Starts another stack in a second directory. */
  startBeside(environment: Environment = {}): Promise<RunningStack> {
    return this.start({ DATA_DIR: this.#otherDir, ...environment });
  }

  /** Starts a stack that may fail to start, or by another command. */
  run(
    environment: Environment = {},
    { command = process.execPath, args = [START], detached = false } = {},
  ): RunningProgram {
    const program = runProgram(command, args, { PORT: '0', DATA_DIR: this.dataDir, ...environment }, { detached });
    this.#programs.push(program);
    return program;
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map(terminateProgram));
    for (const dir of [this.dataDir, this.#otherDir]) rmSync(dir, { recursive: true });
  }
}

export async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

export async function waitUntilGone(pids: readonly number[]): Promise<void> {
  await waitUntil('its processes are gone', () => !pids.some(isRunning));
}

export async function setInRedis({ redis_url: url }: Ready, key: string, value: string): Promise<void> {
  const client = new Redis(url);
  await client.set(key, value);
  await client.quit();
}

export async function getFromRedis({ redis_url: url }: Ready, key: string): Promise<string | null> {
  const client = new Redis(url);
  const value = await client.get(key);
  await client.quit();
  return value;
}
