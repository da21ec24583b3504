import { inspectFirstBytes, unsupportedError } from './containers/first-bytes';
import { type ImportStart, openImport } from './import';
import type { ImportSettings } from './settings';

/** The decisions need more than the first part. */
class FirstPartEnded extends Error {}

/**
 * Decides how to read a text file by its first part, so that a file that cannot be used is refused before the rest has
 * arrived.
 * @param isWholeFile these are all bytes of the file
 * @returns undefined for other containers, and where more bytes are needed
 * @throws TabularError that names what the file is or where it breaks
 */
export async function readTextStart(
  first: Uint8Array,
  isWholeFile: boolean,
  settings: ImportSettings,
): Promise<ImportStart | undefined> {
  const bytes = inspectFirstBytes(first);
  if ('unsupported' in bytes) throw unsupportedError(bytes.unsupported);
  if (bytes.signature !== 'text') return undefined;
  try {
    const { start } = await openImport(
      { kind: 'text', container: 'csv', bytes: firstPart(first, isWholeFile) },
      settings,
    );
    return start;
  } catch (error) {
    if (error instanceof FirstPartEnded) return undefined;
    throw error;
  }
}

async function* firstPart(first: Uint8Array, isWholeFile: boolean): AsyncGenerator<Uint8Array> {
  yield first;
  if (!isWholeFile) throw new FirstPartEnded();
}
