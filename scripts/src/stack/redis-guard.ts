import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Reads pids from the pipe until every writer has closed it, then ends the redis-server with the last pid. */
const SCRIPT = 'pid=; while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -TERM "$pid"';

/**
 * Ends the redis-server when the stack is killed, because redis-server has no IPC channel. A shell reads from
 * a pipe that the stack and its services hold open; it closes when the last of them ends. So Redis
 * outlives the services, which need it to return their jobs.
 */
export class RedisGuard {
  readonly #shell: ChildProcess;
  readonly #pipe: Writable;
  /** Resolves when the guard has ended. */
  readonly ended: Promise<void>;

  constructor() {
    this.#shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#pipe = this.#shell.stdin as Writable;
    this.ended = new Promise((resolve) => this.#shell.once('exit', () => resolve()));
    // Without a shell there is no guard; the next start on this DATA_DIR ends remaining processes.
    this.#shell.on('error', () => undefined);
    this.#pipe.on('error', () => undefined);
  }

  /** The services inherit it and need not use it. */
  get pipe(): Writable {
    return this.#pipe;
  }

  watch(pid: number): void {
    this.#pipe.write(`${pid}\n`);
  }

  /** The server has ended by itself; its pid may be reused. */
  unwatch(): void {
    this.#pipe.write('\n');
  }

  stop(): void {
    this.#shell.kill('SIGKILL');
  }
}
