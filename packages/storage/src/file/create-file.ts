import { errorCode } from './file-errors';
import { closeFd, link, openFd } from './fs-callbacks';
import { FILE_MODE } from './temp-files';

/** A second name of a file, where there is none yet. */
export async function linkIfAbsent(file: string, path: string): Promise<void> {
  try {
    await link(file, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** An empty file; false when the name is taken. */
export async function createEmptyFile(path: string): Promise<boolean> {
  try {
    await closeFd(await openFd(path, 'wx', FILE_MODE));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
