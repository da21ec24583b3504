import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { StreamedFile } from '../upload';
import { UsageError } from './usage-error';

export interface NamedFile {
  file: StreamedFile;
  filename: string;
}

/** @throws UsageError when there is no such file: a pipe cannot be sent again, so it is none */
export function openCsvFile(path: string): NamedFile {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) throw new UsageError(`${path}: there is no such file`);
  return {
    filename: basename(path),
    file: { size: stats.size, stream: () => createReadStream(path, { highWaterMark: 256 * 1024 }) },
  };
}
