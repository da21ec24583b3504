import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { StreamedFile } from '../upload';
import { UsageError } from './usage-error';

export interface NamedFile {
  file: StreamedFile;
  filename: string;
}

/** @throws UsageError unless the path is a regular file; a pipe cannot be read again for a retry */
export function openCsvFile(path: string): NamedFile {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) throw new UsageError(`${path} is not a regular file or does not exist`);
  return {
    filename: basename(path),
    file: { size: stats.size, stream: () => createReadStream(path, { highWaterMark: 256 * 1024 }) },
  };
}
