import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of a few megabytes, in memory, that can be filled without harm. */
export interface SmallDisk {
  readonly path: string;
  unmount(): void;
}

/** Undefined where this process may not mount one, as only root may. */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'cytoqueue-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'cytoqueue-test', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  const unmount = (): void => {
    execFileSync('umount', [path]);
    rmSync(path, { recursive: true });
  };
  return { path, unmount };
}
