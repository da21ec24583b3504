import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './launch';
import { processIdentity } from './process-identity';
import { ProcessRecord } from './process-record';
import { type StartingChild, Supervisor, type SupervisorOptions, restartDelayMs } from './supervisor';

const LIVES = `process.send('up'); process.on('disconnect', () => process.exit());`;
const DEAF = `process.on('SIGTERM', () => {}); ${LIVES}`;
const DIES = `console.log('no such thing as luck'); process.exit(3);`;
const SILENT = `process.on('message', () => {});`;

describe('a supervisor', () => {
  let dir: string;
  const supervisors: Supervisor[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'supervisor-'));
  });

  afterEach(async () => {
    await Promise.all(supervisors.splice(0).map((supervisor) => supervisor.stop()));
    rmSync(dir, { recursive: true });
  });

  function launchScript(script: string): StartingChild {
    const options = {
      command: process.execPath,
      args: ['-e', script],
      environment: process.env,
      logFile: join(dir, 'x.log'),
      ownSession: true,
      moreStdio: ['ipc'] as const,
    };
    const launched = launch(options, new ProcessRecord(dir, () => undefined));
    const gone = launched.exited.then((reason) => Promise.reject(new Error(reason)));
    return { ...launched, ready: Promise.race([once(launched.child, 'message'), gone]).then(() => undefined) };
  }

  function supervise(launchProcess: () => StartingChild, options: Partial<SupervisorOptions> = {}): Supervisor {
    const supervisor = new Supervisor({
      name: 'x',
      logFile: join(dir, 'x.log'),
      launch: launchProcess,
      startDeadlineMs: 30_000,
      stopDeadlineMs: 30_000,
      onCrash: () => undefined,
      onRestart: () => undefined,
      ...options,
    });
    supervisors.push(supervisor);
    return supervisor;
  }

  it('starts and stops its process', async () => {
    const supervisor = supervise(() => launchScript(LIVES));
    await supervisor.start();
    const pid = supervisor.pid as number;
    expect(processIdentity(pid)).toBeDefined();
    await supervisor.stop();
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('restarts a killed process and reports it', async () => {
    const deaths: { reason: string; consecutiveCrashes: number }[] = [];
    const restarted = new Promise<void>((resolve) => {
      const supervisor = supervise(() => launchScript(LIVES), {
        onCrash: (death) => deaths.push(death),
        onRestart: resolve,
      });
      void supervisor.start().then(() => process.kill(supervisor.pid as number, 'SIGKILL'));
    });
    await restarted;
    expect(deaths).toMatchObject([{ reason: 'SIGKILL', consecutiveCrashes: 1 }]);
    expect(processIdentity(supervisors[0]?.pid as number)).toBeDefined();
  });

  it('counts consecutive crashes and keeps trying', async () => {
    const scripts = [LIVES, DIES, DIES, LIVES];
    const counts: number[] = [];
    const restarted = new Promise<void>((resolve) => {
      const supervisor = supervise(() => launchScript(scripts.shift() as string), {
        onCrash: ({ consecutiveCrashes }) => counts.push(consecutiveCrashes),
        onRestart: resolve,
      });
      void supervisor.start().then(() => process.kill(supervisor.pid as number, 'SIGKILL'));
    });
    await restarted;
    expect(counts).toEqual([1, 2, 3]);
  });

  it('rejects the first start of a process that ends, with its last error', async () => {
    const supervisor = supervise(() => launchScript(DIES));
    await expect(supervisor.start()).rejects.toThrow(/x did not start \(exit code 3\).*no such thing as luck/);
  });

  it('stops a first start that takes too long and leaves nothing running', async () => {
    const supervisor = supervise(() => launchScript(SILENT), { startDeadlineMs: 50 });
    await expect(supervisor.start()).rejects.toThrow('did not answer in time');
    expect(processIdentity(supervisor.pid as number)).toBeUndefined();
  });

  it('rejects the first start of a missing program', async () => {
    const missing = {
      command: join(dir, 'nothing'),
      args: [],
      environment: {},
      logFile: join(dir, 'x.log'),
      ownSession: true,
    };
    const supervisor = supervise(() => ({
      ...launch(missing, new ProcessRecord(dir, () => undefined)),
      ready: new Promise(() => undefined),
    }));
    await expect(supervisor.start()).rejects.toThrow('nothing is not installed');
  });

  it('kills a process that does not end by the deadline', async () => {
    const supervisor = supervise(() => launchScript(DEAF), { stopDeadlineMs: 50 });
    await supervisor.start();
    const pid = supervisor.pid as number;
    await supervisor.stop();
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('removes an ended process from the record', async () => {
    const supervisor = supervise(() => launchScript(LIVES));
    await supervisor.start();
    expect(JSON.parse(readFileSync(join(dir, 'processes.json'), 'utf8'))).toMatchObject([{ pid: supervisor.pid }]);
    await supervisor.stop();
    expect(() => readFileSync(join(dir, 'processes.json'))).toThrow('ENOENT');
  });
});

it('doubles the delay between restarts up to ten seconds', () => {
  expect([1, 2, 3, 7, 8, 100].map(restartDelayMs)).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
});
