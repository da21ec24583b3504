import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';

/** Bytes of lines that wait; more than that means that nothing has read the log, or the disk has been full, for long. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 1_000;
const READER_CLOSED_CODES = new Set([
  'EPIPE',
  'ECONNRESET',
  'EBADF',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

export interface LogWriterOptions {
  maxWaitingBytes?: number;
  retryMs?: number;
  /** Lines are written again, and so many were dropped in between. */
  onRecovery?: (droppedLines: number) => void;
}

/** Writes from `at` on, some of the bytes or all of them. */
type Sink = (chunk: Buffer, at: number, done: (error: NodeJS.ErrnoException | null, bytes: number) => void) => void;

/**
 * A pipe or socket is written through the event loop. In the thread pool a write into one that nothing reads would keep its
 * thread, and the end of the process would wait for that thread.
 */
function openSink(descriptor: number): Sink {
  // With bigint, because realpathSync of Node.js 20 takes the type in the other results' buffer for that of a path: after the
  // stat of a pipe it leaves symbolic links as they are, and packages that are linked are loaded twice.
  const stats = fstatSync(descriptor, { bigint: true });
  if (!stats.isFIFO() && !stats.isSocket())
    return (chunk, at, done) => write(descriptor, chunk, at, chunk.length - at, null, done);
  const socket = new Socket({ fd: descriptor, readable: false, writable: true }).unref();
  socket.on('error', () => undefined);
  // As with process.stdout: once closed, its descriptor would be given to the next file that is opened.
  socket.destroy = () => socket;
  return (chunk, at, done) => void socket.write(chunk.subarray(at), (error) => done(error ?? null, chunk.length - at));
}

/**
 * Writes lines to a file descriptor without ever blocking the caller or failing it: a log is auxiliary, and neither a full
 * disk nor a pipe that nothing reads may stop what it is about. Lines wait in bounded memory and are dropped, and counted,
 * beyond that. Lines keep their order; a line is written whole or not at all unless the process ends.
 */
export class LogWriter {
  private waiting: string[] = [];
  private waitingBytes = 0;
  /** The bytes being written, from `at` on. */
  private chunk: Buffer | undefined;
  private at = 0;
  private dropped = 0;
  private failing = false;
  private closed = false;
  private readonly flushed: (() => void)[] = [];
  private readonly sink: Sink;
  private readonly options: Required<Omit<LogWriterOptions, 'onRecovery'>> & LogWriterOptions;

  constructor(descriptor: number, options: LogWriterOptions = {}) {
    this.sink = openSink(descriptor);
    this.options = { maxWaitingBytes: MAX_WAITING_BYTES, retryMs: RETRY_MS, ...options };
  }

  write(line: string): void {
    if (this.closed) return;
    if (this.waitingBytes + line.length > this.options.maxWaitingBytes) {
      this.dropped++;
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += line.length;
    if (this.chunk === undefined) this.writeNext();
  }

  /** Calls back when everything so far is written, or cannot be; while a pipe is full it does not. */
  flush(done: () => void = () => undefined): void {
    if (this.chunk === undefined || this.failing) done();
    else this.flushed.push(done);
  }

  private writeNext(): void {
    if (this.waiting.length === 0) {
      this.chunk = undefined;
      for (const done of this.flushed.splice(0)) done();
      return;
    }
    this.chunk = Buffer.from(this.waiting.join(''));
    this.at = 0;
    this.waiting = [];
    this.waitingBytes = 0;
    this.writeRest(this.chunk);
  }

  private writeRest(chunk: Buffer): void {
    this.sink(chunk, this.at, (error, bytes) => {
      if (error !== null) return this.fail(error, chunk);
      this.at += bytes;
      if (this.at < chunk.length) return this.writeRest(chunk);
      this.recover();
      this.writeNext();
    });
  }

  private fail(error: NodeJS.ErrnoException, chunk: Buffer): void {
    if (READER_CLOSED_CODES.has(error.code ?? '')) return this.close();
    this.failing = true;
    for (const done of this.flushed.splice(0)) done();
    // Not a reason to keep the process alive.
    setTimeout(() => this.writeRest(chunk), this.options.retryMs).unref();
  }

  /** The reader has gone for good. */
  private close(): void {
    this.closed = true;
    this.waiting = [];
    this.chunk = undefined;
    for (const done of this.flushed.splice(0)) done();
  }

  private recover(): void {
    this.failing = false;
    if (this.dropped === 0) return;
    const dropped = this.dropped;
    this.dropped = 0;
    this.options.onRecovery?.(dropped);
  }
}
