import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDir } from './data-dir-lock';
import { processIdentity } from './process-identity';

describe('the lock of a data directory', () => {
  let dir: string;
  let file: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lock-'));
    file = join(dir, 'stack.lock');
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('contains its holder, is refused to a second process with that name, and leaves nothing when released', () => {
    const unlock = lockDataDir(dir);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(processIdentity(process.pid));
    expect(() => lockDataDir(dir)).toThrow(`process ${process.pid} `);
    unlock();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken over from a process that was killed', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    writeFileSync(file, JSON.stringify(processIdentity(child.pid as number)));
    expect(() => lockDataDir(dir)).toThrow(`process ${child.pid} `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDataDir(dir)();
    expect(existsSync(file)).toBe(false);
  });

  it('is taken over when another process has the holder’s pid', () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, birth: 'another day' }));
    expect(() => lockDataDir(dir)()).not.toThrow();
  });

  it.each(['', '{"pid": 1', 'null'])('is taken over when its file is incomplete: %p', (content) => {
    writeFileSync(file, content);
    const unlock = lockDataDir(dir);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(processIdentity(process.pid));
    unlock();
  });
});
