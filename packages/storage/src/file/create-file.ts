import { errorCode } from './file-errors';
import { closeFd, link, openFd } from './fs-callbacks';
import { FILE_MODE } from './temp-files';

/** Hard-links `file` as `path`, unless `path` exists. */
export async function linkIfAbsent(file: string, path: string): Promise<void> {
  try {
    await link(file, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Creates an empty file. @returns false when `path` exists */
export async function createEmptyFile(path: string): Promise<boolean> {
  try {
    await closeFd(await openFd(path, 'wx', FILE_MODE));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
