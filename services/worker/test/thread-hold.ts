import { join } from 'node:path';
import { setEnvironmentData } from 'node:worker_threads';

/** Blocks the scoring threads of pools that are created later with `ThreadHold.threadFile`. */
export class ThreadHold {
  static readonly threadFile = join(__dirname, 'held-thread.cjs');
  private readonly state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

  constructor() {
    setEnvironmentData('hold', this.state.buffer);
  }

  isReached(): boolean {
    return Atomics.load(this.state, 0) === 1;
  }

  release(): void {
    Atomics.store(this.state, 1, 1);
    Atomics.notify(this.state, 1);
  }
}
