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

  /** Ends when its input does, which we hold. */
  function start(...more: ('ignore' | RedisGuard['pipe'])[]): ChildProcess {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', ...more] });
    started.push(child);
    return child;
  }

  /** How it ended, or ends now that its input does. */
  async function ending(child: ChildProcess): Promise<unknown> {
    const exit = once(child, 'exit');
    child.stdin?.end();
    return child.signalCode ?? exit.then(([code, signal]: (number | string | null)[]) => signal ?? code);
  }

  it('ends the server it heard of last, once every holder of the pipe has gone', async () => {
    const [before, server, service] = [start(), start(), start(guard.pipe)];
    const serverEnds = once(server, 'exit');
    guard.watch(before.pid as number);
    guard.watch(server.pid as number);
    guard.pipe.destroy();
    expect(server.signalCode).toBeNull();
    service.kill('SIGKILL');
    expect(await serverEnds).toEqual([null, 'SIGTERM']);
    expect(await ending(before)).toBe(0);
  });

  it('ends nothing when the server had ended by itself', async () => {
    const bystander = start();
    guard.watch(bystander.pid as number);
    guard.forget();
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
