import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findFreePort } from './free-port';

const ATTEMPTS = 5;

/**
 * A redis-server for one test on a free port. A restart keeps the port; it keeps the data only if `dir` is set.
 */
export class RedisProcess {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string | undefined,
    private readonly password: string | undefined,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /**
   * `dir`: where to write every command to, as the stack's own Redis does. `settings`: of redis.conf, further or other
   * ones.
   */
  static async start(
    dir?: string,
    password?: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RedisProcess> {
    for (let attempt = 1; ; attempt++) {
      const redis = new RedisProcess(await findFreePort(), dir, password, settings);
      try {
        await redis.up();
        return redis;
      } catch (error) {
        // Another process may have taken the port in between.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Without the password. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it serves. */
  async up(): Promise<void> {
    const durable = this.dir === undefined ? { appendonly: 'no' } : { appendonly: 'yes', dir: this.dir };
    const secret = this.password === undefined ? {} : { requirepass: this.password };
    const args = {
      port: this.port,
      bind: '127.0.0.1',
      save: '',
      'maxmemory-policy': 'noeviction',
      ...durable,
      ...secret,
      ...this.settings,
    };
    this.child = spawn(
      'redis-server',
      Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]),
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const failed = once(this.child, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([waitUntilServing(this.child), failed]);
  }

  /** Kills the server, which resets its connections. May be called twice. */
  async down(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Freezes the server: it accepts connections and bytes but does not respond. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }
}

async function waitUntilServing(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('redis-server has no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('Ready to accept connections')) continue;
    child.stdout.resume(); // An unread log would block the server.
    return;
  }
  throw new Error('redis-server ended before it served');
}
