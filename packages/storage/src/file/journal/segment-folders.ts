/*
 * The folders of the journal's segments, `.journal/0000000001/log` and so on. All processes that share the store must agree on
 * them although each may be killed or stopped for minutes at any step:
 *
 * - Segment N + 1 is made inside the folder of segment N and moved to its place, so it can only appear while N exists.
 * - Segments are retired in order. Retiring moves the folder away, which also takes the place of the temp files in it: a
 *   process that was stopped while it moved a temp file to its key cannot do so afterwards.
 * - The first segment is moved to its place together with the journal's folder, which is never empty afterwards.
 */
import { type Stats, constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmptyFile } from '../create-file';
import type { DirectorySync } from '../directory-sync';
import { errorCode, isNotFound } from '../file-errors';
import { closeFd, inodeOfSync, openFd, rename, stat, writeZeros } from '../fs-callbacks';
import type { Range } from './segment';

const JOURNAL_FOLDER = '.journal';
const LOG = 'log';
const NEXT = 'next';
const RETIRED = '.retired';
const FIRST = 1;
const NAME = /^\d{10}$/;
const FOLDER_MODE = 0o750;
/** The clock of the file system may be this far ahead of the process's. */
const MAX_CLOCK_LEAD_MS = 1_000;
const EXISTS_CODES = new Set(['EEXIST', 'ENOTEMPTY']);
const { O_APPEND, O_DSYNC, O_RDONLY, O_WRONLY } = constants;

export class SegmentFolders {
  private readonly journal: string;

  /** @param tempFolder on the same disk as the root */
  constructor(
    private readonly root: string,
    private readonly tempFolder: string,
    private readonly directorySync: DirectorySync,
  ) {
    this.journal = join(root, JOURNAL_FOLDER);
  }

  pathOf(segment: number): string {
    return join(this.journal, nameOf(segment));
  }

  /** Makes the journal's folder with its first segment, unless it exists. */
  async create(): Promise<void> {
    if ((await statOf(this.journal)) === undefined) {
      const temp = await mkdtemp(join(this.tempFolder, 'journal-'));
      try {
        const draft = join(temp, JOURNAL_FOLDER);
        await mkdir(draft, { mode: FOLDER_MODE });
        await this.createSegment(join(draft, nameOf(FIRST)));
        await this.directorySync.sync(draft);
        await moveUnlessExists(draft, this.journal);
      } finally {
        await rm(temp, { recursive: true, force: true });
      }
    }
    // Also when another process has just made it.
    await this.directorySync.sync(this.root);
  }

  /** @returns the segments that exist, ascending; none when there is no journal */
  async list(): Promise<number[]> {
    try {
      const names = await readdir(this.journal);
      return names
        .filter((name) => NAME.test(name))
        .map(Number)
        .sort((a, b) => a - b);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** Opens a log; undefined when the segment is retired. Every write is durable when it resolves. */
  async open(segment: number, use: 'read' | 'append' | 'overwrite'): Promise<number | undefined> {
    const flags = { read: O_RDONLY, append: O_WRONLY | O_APPEND | O_DSYNC, overwrite: O_WRONLY | O_DSYNC }[use];
    return openFd(join(this.pathOf(segment), LOG), flags, 0).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  /** Overwrites parts of a log durably, unless the segment is retired. */
  async erase(segment: number, ranges: readonly Range[]): Promise<void> {
    const fd = await this.open(segment, 'overwrite');
    if (fd === undefined) return;
    try {
      for (const { start, size } of ranges) await writeZeros(fd, start, size);
    } finally {
      await closeFd(fd);
    }
  }

  /** Makes the segment after this one, unless it exists or this one is retired. */
  async createNext(segment: number): Promise<void> {
    const draft = join(this.pathOf(segment), NEXT);
    try {
      await this.createSegment(draft);
      await moveUnlessExists(draft, this.pathOf(segment + 1));
    } catch (error) {
      // Another process has moved the draft or retired the segment.
      if (!isNotFound(error)) throw error;
    }
    await this.directorySync.sync(this.journal);
  }

  /** @returns the inode of the log; undefined when the segment is retired */
  inodeOf(segment: number): number | undefined {
    return inodeOfSync(join(this.pathOf(segment), LOG));
  }

  /** Whether the segment exists and has frames. */
  async isUsed(segment: number): Promise<boolean> {
    return ((await statOf(join(this.pathOf(segment), LOG)))?.size ?? 0) > 0;
  }

  /** Says that this process is storing the segment. */
  async touch(segment: number): Promise<void> {
    await this.setChanged(segment, Date.now());
  }

  /** Says that this process has stopped storing the segment, so that another one may try. */
  async release(segment: number): Promise<void> {
    await this.setChanged(segment, 0);
  }

  /** Only other processes read it, to avoid doing the same work, so an error does not matter. */
  private async setChanged(segment: number, ms: number): Promise<void> {
    await utimes(this.pathOf(segment), ms / 1_000, ms / 1_000).catch(() => undefined);
  }

  /**
   * How long no process has stored the segment: one that does calls `touch` at times. Infinity when it is retired, and
   * when the clock was set back since.
   */
  async idleMs(segment: number): Promise<number> {
    const changedAtMs = (await statOf(this.pathOf(segment)))?.mtimeMs ?? -Infinity;
    const idleMs = Date.now() - changedAtMs;
    return idleMs < -MAX_CLOCK_LEAD_MS ? Infinity : Math.max(0, idleMs);
  }

  /** Retires a segment that has no log. The last one gets an empty log. */
  async dropWithoutLog(segment: number): Promise<void> {
    if ((await this.list()).at(-1) !== segment) await this.retire(segment);
    else await createEmptyFile(join(this.pathOf(segment), LOG));
  }

  /** Removes a segment whose objects are all stored. */
  async retire(segment: number): Promise<void> {
    try {
      await rename(this.pathOf(segment), this.pathOf(segment) + RETIRED);
    } catch (error) {
      // Another process was faster.
      if (!isNotFound(error)) throw error;
    }
    await this.removeRetired();
  }

  /** Removes the bytes of retired segments, also of those that killed processes have left. Durable. */
  async removeRetired(): Promise<void> {
    await this.directorySync.sync(this.journal);
    const names = await readdir(this.journal);
    for (const name of names.filter((found) => found.endsWith(RETIRED)))
      await rm(join(this.journal, name), { recursive: true, force: true, maxRetries: 3 });
  }

  private async createSegment(folder: string): Promise<void> {
    // Not recursive: the folder of a retired segment must not come back.
    await mkdir(folder, { mode: FOLDER_MODE }).catch((error: unknown) => {
      if (!EXISTS_CODES.has(errorCode(error) ?? '')) throw error;
    });
    await createEmptyFile(join(folder, LOG));
    await this.directorySync.sync(folder);
  }
}

function nameOf(segment: number): string {
  return String(segment).padStart(10, '0');
}

async function moveUnlessExists(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!EXISTS_CODES.has(errorCode(error) ?? '')) throw error;
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
