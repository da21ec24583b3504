import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Reads what it is told until nobody is left who could tell it more, and then ends the redis-server it heard of last. */
const SCRIPT = 'pid=; while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -TERM "$pid"';

/**
 * Ends our redis-server when the stack is killed: redis-server has no IPC channel that could tell it. A shell reads from
 * a pipe that the stack and its services hold; the pipe ends with the last of them, whatever the reason. So Redis
 * outlives the services, which need it to hand their work back.
 */
export class RedisGuard {
  readonly #shell: ChildProcess;
  readonly #pipe: Writable;
  /** Resolves when the guard itself is gone: stopped, or done. */
  readonly ended: Promise<void>;

  constructor() {
    this.#shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#pipe = this.#shell.stdin as Writable;
    this.ended = new Promise((resolve) => this.#shell.once('exit', () => resolve()));
    // Without a shell there is no guard; the next start on this DATA_DIR ends what is left.
    this.#shell.on('error', () => undefined);
    this.#pipe.on('error', () => undefined);
  }

  /** For the services to inherit; they need not know of it. */
  get pipe(): Writable {
    return this.#pipe;
  }

  watch(pid: number): void {
    this.#pipe.write(`${pid}\n`);
  }

  /** It has ended by itself: by now its number may belong to another process. */
  unwatch(): void {
    this.#pipe.write('\n');
  }

  stop(): void {
    this.#shell.kill('SIGKILL');
  }
}
