import { setPriority } from 'node:os';
import run from './thread';

/** Lower priority than the threads that score shards, but not so low that a busy machine never lets it finish. */
const SHADOW_PRIORITY = 15;
// On Linux 0 means the calling thread; elsewhere it means the process.
if (process.platform === 'linux') setPriority(0, SHADOW_PRIORITY);

export default run;
