import { setPriority } from 'node:os';
import run from './thread';

/** The lowest priority: other threads of this machine run first. */
const LOWEST_PRIORITY = 19;
// On Linux 0 means the calling thread; elsewhere it means the process.
if (process.platform === 'linux') setPriority(0, LOWEST_PRIORITY);

export default run;
