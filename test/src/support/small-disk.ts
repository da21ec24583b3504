import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of a few megabytes, in memory, that can be filled without harm. */
export interface SmallDisk {
  readonly path: string;
  unmount(): void;
}

const HOW_TO = 'the test of a full disk mounts a tmpfs, which only root may';

/**
 * Undefined where this process may not mount one; says so.
 * @throws Error on CI, where such tests are not skipped
 */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'cytoqueue-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'cytoqueue-test', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    if (process.env.CI === 'true') throw new Error(HOW_TO);
    process.stderr.write(`skipped: ${HOW_TO}\n`);
    return undefined;
  }
  const unmount = (): void => {
    execFileSync('umount', [path]);
    rmSync(path, { recursive: true });
  };
  return { path, unmount };
}
