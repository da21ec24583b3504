import type { AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Makes all sockets of an agent share one read buffer. By default each read allocates 64 KiB that the garbage collector does
 * not count, which left 20 MiB of garbage per download. Safe because the HTTP parser copies bodies synchronously.
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

/** Detects an HTTP parser that no longer copies bodies: the next read would overwrite the chunk. */
export function isInSharedBuffer(chunk: Uint8Array): boolean {
  return chunk.buffer === READ_BUFFER.buffer;
}
