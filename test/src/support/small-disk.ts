import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A disk of a few megabytes, in memory, that can be filled without harm. */
export interface SmallDisk {
  readonly path: string;
  unmount(): void;
}

/** Undefined where this process may not mount a disk, which only root may. */
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

/**
 * Fills the disk of a file until `leaveBytes` are free. Appends page by page until the disk refuses one, because other
 * processes write meanwhile and change how much is free.
 */
export function fillDisk(file: string, leaveBytes = 0): void {
  for (;;) {
    const { bavail, bsize } = statfsSync(dirname(file));
    const pages = Math.max(1, Math.floor((bavail * bsize - leaveBytes) / bsize / 2));
    if (leaveBytes > 0 && bavail * bsize - bsize < leaveBytes) return;
    try {
      appendFileSync(file, Buffer.alloc(pages * bsize));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      if (pages === 1) return;
    }
  }
}
