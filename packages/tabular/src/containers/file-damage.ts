import { TabularError } from '../error';
import type { RandomAccess } from '../source';

/** The storage port failed, the file is not damaged: `cause` is the port's own error. */
export class FileReadError extends Error {
  constructor(cause: unknown) {
    super('The stored file could not be read.', { cause });
    this.name = 'FileReadError';
  }
}

/** Marks failures of the port, so that no reader takes an unavailable store for a damaged file. */
export function markReadErrors(file: RandomAccess): RandomAccess {
  return {
    size: file.size,
    read: async (offset, length) => {
      try {
        return await file.read(offset, length);
      } catch (error) {
        throw new FileReadError(error);
      }
    },
  };
}

/**
 * Maps an error that a format library throws on broken bytes to `damaged-file`; other known errors are returned
 * unchanged.
 */
export function asDamagedFile(error: unknown, message: string): Error {
  if (error instanceof TabularError || error instanceof FileReadError) return error;
  return new TabularError('damaged-file', message, { cause: error });
}
