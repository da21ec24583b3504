import { statfs } from 'node:fs/promises';

/** ext4, XFS, btrfs, tmpfs. */
const LOCAL_FILE_SYSTEMS = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994]);

/** Whether the kernel sees every access to this folder: it reports all changes, and appends to a file are atomic. */
export async function isLocalFileSystem(folder: string): Promise<boolean> {
  return LOCAL_FILE_SYSTEMS.has((await statfs(folder)).type);
}
