import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './process-identity';
import { ProcessRecord, terminateOrphans } from './process-record';

function fail(error: Error): never {
  throw error;
}

describe('orphans of a killed stack', () => {
  let dir: string;
  let orphan: ChildProcess;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'orphans-'));
    orphan = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  });

  afterEach(async () => {
    if (orphan.exitCode === null && orphan.signalCode === null && orphan.kill('SIGKILL')) await once(orphan, 'exit');
    rmSync(dir, { recursive: true });
  });

  it('are ended, and their record is removed', async () => {
    new ProcessRecord(dir, fail).add(orphan.pid as number);
    expect(await terminateOrphans(dir)).toBe(1);
    expect(processIdentity(orphan.pid as number)).toBeUndefined();
    expect(existsSync(join(dir, 'processes.json'))).toBe(false);
  });

  it('are none when another process has the pid now', async () => {
    writeFileSync(join(dir, 'processes.json'), JSON.stringify([{ pid: orphan.pid, birth: 'another day' }]));
    expect(await terminateOrphans(dir)).toBe(0);
    expect(processIdentity(orphan.pid as number)).toBeDefined();
  });

  it('are none in a new directory or with an incomplete record', async () => {
    expect(await terminateOrphans(dir)).toBe(0);
    writeFileSync(join(dir, 'processes.json'), '[{"pid"');
    expect(await terminateOrphans(dir)).toBe(0);
  });
});
