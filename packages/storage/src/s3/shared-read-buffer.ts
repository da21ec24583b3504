import type { AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Lets an agent's sockets read into one piece of memory, in turn. By default each read gets 64 KiB of its own, which the
 * garbage collector sees as a few bytes: a download left 20 MiB of them behind. Node's HTTP parser is called there and then,
 * and copies what belongs to a body.
 */
export const sharedReadBuffer: Required<Pick<AgentOptions, 'onread'>> = {
  onread: {
    buffer: READ_BUFFER,
    callback(this: Socket, bytes: number): boolean {
      this.emit('data', READ_BUFFER.subarray(0, bytes));
      return true;
    },
  },
};

/** Whether a chunk lies where the next read will write. A parser that copies no more must not go unnoticed. */
export function isInSharedBuffer(chunk: Uint8Array): boolean {
  return chunk.buffer === READ_BUFFER.buffer;
}
