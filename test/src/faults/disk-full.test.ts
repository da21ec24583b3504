import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultStack } from '../support/fault-stack';
import { describeWith } from '../support/optional-tools';
import { type SmallDisk, mountSmallDisk } from '../support/small-disk';
import { waitUntil } from '../support/wait-until';

let disk: SmallDisk | undefined;
let folder: string;
let ballast: string;

/** Leaves this many bytes free. */
function fill(leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
}

describeWith('a mounted tmpfs', 'a full disk', () => {
  let faults: FaultStack;

  beforeAll(async () => {
    disk = mountSmallDisk(24);
    folder = disk?.path ?? '';
    ballast = join(folder, 'ballast');
    faults = await FaultStack.start(20_000, { STORAGE_URL: `file://${folder}/objects` });
  }, 240_000);

  afterEach(() => rmSync(ballast, { force: true }));

  afterAll(async () => {
    await faults?.stop();
    disk?.unmount();
  }, 240_000);

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
