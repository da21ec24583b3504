import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultStack } from './fault-stack';
import { waitUntil } from './wait-until';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'cytoqueue-disk-'));

/** A small disk of the test's own; only root may mount one. */
function mountSmallDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'cytoqueue-test', folder], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('skipped: the test of a full disk mounts a tmpfs, which only root may\n');
    return false;
  }
}

const mounted = mountSmallDisk();
const ballast = join(folder, 'ballast');

/** Leaves this many bytes free. */
function fill(leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
}

(mounted ? describe : describe.skip)('a full disk', () => {
  let faults: FaultStack;

  beforeAll(async () => {
    faults = await FaultStack.start(20_000, { STORAGE_URL: `file://${folder}/objects` });
  }, 120_000);

  afterEach(() => rmSync(ballast, { force: true }));

  afterAll(async () => {
    await faults?.stop();
    execFileSync('umount', [folder]);
  }, 120_000);

  const objectsIn = (dir: string) => readdirSync(join(folder, 'objects', dir), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

  test('refuses an upload with 507 and keeps nothing of it, and takes the next one once there is room', async () => {
    const before = [objectsIn('tenants'), objectsIn('pending'), objectsIn('.tmp')];
    fill(64 * 1024);
    expect((await faults.post()).status).toBe(507);
    expect([objectsIn('tenants'), objectsIn('pending'), objectsIn('.tmp')]).toEqual(before);
    rmSync(ballast);
    await faults.expectWhole(await faults.upload());
  });

  test('puts off what runs, and fails no row for it', async () => {
    const batch = await faults.upload();
    await faults.untilInTheMiddle(batch, 1);
    await faults.whilePaused(async () => fill(0));
    await waitUntil('jobs are put off', async () => (await faults.inRedis((redis) => redis.zcard('cytoqueue:shards:delayed'))) > 0);
    rmSync(ballast);
    expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
    expect(objectsIn('.tmp')).toBe(0);
  });
});

afterAll(() => rmSync(folder, { recursive: true }));
