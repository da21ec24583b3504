import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FaultStack } from '../support/fault-stack';
import { describeWith } from '../support/optional-tools';
import { type SmallDisk, fillDisk, mountSmallDisk } from '../support/small-disk';
import { waitUntil } from '../support/wait-until';

let disk: SmallDisk | undefined;
let folder: string;
let ballast: string;

describeWith('a mounted tmpfs', 'a full disk', () => {
  let faults: FaultStack;

  beforeAll(async () => {
    disk = mountSmallDisk(24);
    folder = disk?.path ?? '';
    ballast = join(folder, 'ballast');
    faults = await FaultStack.start(8_000, { STORAGE_URL: `file://${folder}/objects` });
  });

  afterEach(async () => {
    rmSync(ballast, { force: true });
    await faults.restore();
  });

  afterAll(async () => {
    await faults?.stop();
    disk?.unmount();
  });

  const filesIn = (dir: string) =>
    readdirSync(join(folder, 'objects', dir), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  const stored = () => [filesIn('tenants/local/batches'), filesIn('pending')];
  // The audit log writes through the same folder each second.
  const untilNoTempFiles = () => waitUntil('no temp file is left', () => filesIn('.tmp').length === 0);

  test('refuses an upload with 507, keeps nothing of it, and accepts the next one once space is free', async () => {
    const before = stored();
    fillDisk(ballast, 64 * 1024);
    expect((await faults.post()).status).toBe(507);
    expect(stored()).toEqual(before);
    rmSync(ballast);
    await untilNoTempFiles();
    await faults.expectComplete(await faults.upload());
  });

  test('delays running jobs and fails no row', async () => {
    const { batch, hold } = await faults.uploadAndHold();
    await faults.whilePaused(async () => fillDisk(ballast, 0));
    hold.open();
    await waitUntil('jobs are postponed', async () => (await faults.delayedShards()).length > 0);
    rmSync(ballast);
    expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
    await untilNoTempFiles();
  });
});
