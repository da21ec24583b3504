import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { RedisGuard } from './redis-guard';

describe('the guard of redis-server', () => {
  const started: ChildProcess[] = [];
  let guard: RedisGuard;

  beforeEach(() => {
    guard = new RedisGuard();
  });

  afterEach(() => {
    guard.stop();
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  /** A process that ends when its input, which the test holds, is closed. */
  function start(...more: ('ignore' | RedisGuard['pipe'])[]): ChildProcess {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', ...more] });
    started.push(child);
    return child;
  }

  /** Closes its input. @returns how the process ended */
  async function ending(child: ChildProcess): Promise<unknown> {
    const exit = once(child, 'exit');
    child.stdin?.end();
    return child.signalCode ?? exit.then(([code, signal]: (number | string | null)[]) => signal ?? code);
  }

  it('ends the server whose pid it read last, after the last holder of the pipe has closed it', async () => {
    const [before, server] = [start(), start()];
    // Copies its input to the inherited pipe.
    const holder = spawn('sh', ['-c', 'cat >&3'], { stdio: ['pipe', 'ignore', 'ignore', guard.pipe] });
    started.push(holder);
    const serverEnds = once(server, 'exit');
    guard.watch(before.pid as number);
    guard.pipe.destroy();
    await once(guard.pipe, 'close');
    // Read only by a guard that continues after the test has closed its end.
    holder.stdin?.end(`${server.pid}\n`);
    expect(await serverEnds).toEqual([null, 'SIGTERM']);
    expect(await ending(before)).toBe(0);
  });

  it('ends nothing when the server has ended by itself', async () => {
    const bystander = start();
    guard.watch(bystander.pid as number);
    guard.unwatch();
    guard.pipe.destroy();
    await guard.ended;
    expect(await ending(bystander)).toBe(0);
  });

  it('ends nothing when it is stopped', async () => {
    const server = start();
    guard.watch(server.pid as number);
    guard.stop();
    await guard.ended;
    expect(await ending(server)).toBe(0);
  });
});
