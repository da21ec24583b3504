import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testWith } from '../../../test/src/support/optional-tools';
import { waitUntil } from '../../../test/src/support/wait-until';
import { CleanupStack, raiseThreadPoolSize } from './run-service';

const COMPILED = join(__dirname, '..', 'dist');
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Line {
  msg: string;
  reason?: string;
}

class ServiceProcess {
  readonly lines: Line[] = [];
  private readonly read: Promise<void>;
  private readonly exit: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(readonly child: ChildProcess) {
    running.push(child);
    this.exit = once(child, 'exit') as typeof this.exit;
    this.read = this.readLines();
  }

  /** `start` is the body of the service's start function, which can say `log(text)`. */
  static run(start: string, { stopDeadlineMs = 30_000, hasChannel = true } = {}): ServiceProcess {
    const script = `const { createLogger, runService, notifyParent } = require(${JSON.stringify(COMPILED)});
      const logger = createLogger({ service: 'x', environment: 'test', level: 'info' });
      const log = (text) => logger.info(text);
      const listen = () => new Promise((resolve) => require('node:net').createServer().listen(0, '127.0.0.1', resolve));
      const never = () => new Promise(() => undefined);
      runService({ logger, stopDeadlineMs: ${stopDeadlineMs}, start: async (cleanups) => { ${start} } });`;
    const channel = hasChannel ? (['ipc'] as const) : [];
    return new ServiceProcess(
      spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit', ...channel] }),
    );
  }

  /** Resolves when the child has told its parent that it is up. */
  async up(): Promise<this> {
    await once(this.child, 'message');
    return this;
  }

  /** Resolves with the exit status or signal and the messages of every line, when all were read. */
  async ended(): Promise<{ status: number | string | null; said: string[] }> {
    const [[code, signal]] = await Promise.all([this.exit, this.read]);
    return { status: code ?? signal, said: this.lines.map(({ msg }) => msg) };
  }

  /** Resolves when the line was written. */
  async says(msg: string): Promise<void> {
    await waitUntil(`it says ${msg}`, () => this.lines.some((line) => line.msg === msg));
  }

  private async readLines(): Promise<void> {
    for await (const line of createInterface({ input: this.child.stdout! })) this.lines.push(JSON.parse(line) as Line);
  }
}

const UP = `await listen(); notifyParent({ type: 'ready', port: 1 });`;

describe('a service', () => {
  const releasing = `for (const name of ['store', 'redis', 'server']) cleanups.push(name, () => log(name));`;

  test.each(['SIGTERM', 'SIGINT'] as const)('releases in reverse order on %s and ends with 0', async (signal) => {
    const service = ServiceProcess.run(`${releasing} await listen(); log('up');`, { hasChannel: false });
    await service.says('up');
    service.child.kill(signal);
    expect(await service.ended()).toEqual({
      status: 0,
      said: ['up', 'stopping', 'server', 'redis', 'store', 'stopped'],
    });
    expect(service.lines[1]?.reason).toBe(signal);
  });

  test('with an IPC channel ignores the signals of a terminal and a repeated SIGTERM', async () => {
    const untilMessage = `new Promise((resolve) => process.once('message', resolve))`;
    const service = await ServiceProcess.run(
      `${releasing} cleanups.push('first', () => { log('releasing'); return ${untilMessage}; }); ${UP}`,
    ).up();
    for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGINT', 'SIGTERM'] as const) service.child.kill(signal);
    await service.says('releasing');
    service.child.kill('SIGTERM');
    service.child.send('go on');
    expect(await service.ended()).toEqual({
      status: 0,
      said: ['stopping', 'releasing', 'server', 'redis', 'store', 'stopped'],
    });
    expect(service.lines[0]?.reason).toBe('SIGTERM');
  });

  test('continues releasing when one release fails', async () => {
    const service = await ServiceProcess.run(
      `cleanups.push('store', () => log('store')); cleanups.push('redis', () => { throw new Error('no'); }); ${UP}`,
    ).up();
    service.child.kill('SIGTERM');
    expect(await service.ended()).toEqual({ status: 0, said: ['stopping', 'release failed', 'store', 'stopped'] });
  });

  test('ends at once on a second signal', async () => {
    const service = ServiceProcess.run(
      `cleanups.push('slow', () => { log('releasing'); return never(); }); await listen(); log('up');`,
      { hasChannel: false },
    );
    await service.says('up');
    service.child.kill('SIGTERM');
    await service.says('releasing');
    service.child.kill('SIGINT');
    expect(await service.ended()).toEqual({ status: 1, said: ['up', 'stopping', 'releasing'] });
  });

  test('exits with 1 when the stop exceeds its deadline', async () => {
    const service = await ServiceProcess.run(`cleanups.push('slow', never); ${UP}`, { stopDeadlineMs: 50 }).up();
    service.child.kill('SIGTERM');
    expect(await service.ended()).toEqual({ status: 1, said: ['stopping', 'stop exceeded its deadline, exiting'] });
  });

  test('does not exit with 0 when a release never ends', async () => {
    // No server: without the deadline there would be nothing to keep the process.
    const service = await ServiceProcess.run(
      `cleanups.push('slow', never); notifyParent({ type: 'ready', port: 1 });`,
      { stopDeadlineMs: 50 },
    ).up();
    service.child.kill('SIGTERM');
    expect((await service.ended()).status).toBe(1);
  });

  test('that cannot start releases its resources and exits with 1', async () => {
    const service = ServiceProcess.run(
      `cleanups.push('store', () => log('store')); await listen(); throw new Error('no Redis');`,
    );
    expect(await service.ended()).toEqual({ status: 1, said: ['start failed', 'stopping', 'store', 'stopped'] });
  });

  test('stops when its parent process has ended', async () => {
    const service = await ServiceProcess.run(`cleanups.push('store', () => log('store')); ${UP}`).up();
    service.child.disconnect();
    expect(await service.ended()).toEqual({ status: 0, said: ['stopping', 'store', 'stopped'] });
    expect(service.lines[0]?.reason).toBe('parent process ended');
  });
});

test('a second caller of releaseAll gets the same promise, and each releaser runs once', async () => {
  const order: string[] = [];
  const cleanups = new CleanupStack();
  cleanups.push('a', () => order.push('a'));
  cleanups.push('b', () => order.push('b'));
  const first = cleanups.releaseAll();
  expect(cleanups.releaseAll()).toBe(first);
  await first;
  expect(order).toEqual(['b', 'a']);
});

describe('the thread pool', () => {
  test('has the number of threads set in the environment', () => {
    const environment = { UV_THREADPOOL_SIZE: '7' };
    raiseThreadPoolSize(environment);
    expect(environment).toEqual({ UV_THREADPOOL_SIZE: '7' });
  });

  // Only with /proc does a process see its threads.
  testWith('/proc', 'has 16 threads by default, because no module uses the pool earlier', () => {
    const script = `const { readdirSync, stat } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      require(${JSON.stringify(COMPILED)}).raiseThreadPoolSize(process.env);
      const before = threads();
      stat('/', () => console.log(String(threads() - before)));`;
    const { UV_THREADPOOL_SIZE: _, ...environment } = process.env;
    expect(Number(execFileSync(process.execPath, ['-e', script], { env: environment }))).toBe(16);
  });
});
