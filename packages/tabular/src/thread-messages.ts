import type { ImportSummary, ImportStart } from './import';
import type { ImportSettings } from './settings';

/** Start data of the conversion thread. */
export interface ThreadData {
  size: number;
  settings: ImportSettings;
  /** Blocks that the thread may send before the first `more`. */
  credit: number;
}

export type ToThread =
  | { kind: 'bytes'; id: number; bytes: Uint8Array }
  /** One more block may be sent. */
  | { kind: 'more' };

export type FromThread =
  | { kind: 'read'; id: number; offset: number; length: number }
  | { kind: 'start'; start: ImportStart }
  | { kind: 'block'; block: Uint8Array }
  | { kind: 'end'; summary: ImportSummary }
  /** The file cannot be imported: the members of a TabularError. */
  | { kind: 'refused'; code: string; message: string; line?: number; sheets?: readonly string[] }
  | { kind: 'defect'; error: unknown };
