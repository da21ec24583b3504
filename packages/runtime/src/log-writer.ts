import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';

/** Limit of buffered bytes. It is reached when the log has no reader or the disk is full for a long time. */
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
  /** Pause after each write; the lines of a pause are written together. None by default. */
  pauseMs?: number;
  /** Called when writing succeeds again, with the number of dropped lines. */
  onRecovery?: (droppedLines: number) => void;
}

/** Writes some or all bytes from position `at`. */
type Sink = (chunk: Buffer, at: number, done: (error: NodeJS.ErrnoException | null, bytes: number) => void) => void;

/**
 * Writes to a pipe or socket through the event loop. In the thread pool a write without a reader would block its thread and keep
 * the process from ending.
 */
function openSink(descriptor: number): Sink {
  // With bigint: without it, fstatSync shares a result buffer with realpathSync in Node.js 20. After the stat of a pipe,
  // realpathSync then does not resolve symbolic links, and linked packages are loaded twice.
  const stats = fstatSync(descriptor, { bigint: true });
  if (!stats.isFIFO() && !stats.isSocket())
    return (chunk, at, done) => write(descriptor, chunk, at, chunk.length - at, null, done);
  const socket = new Socket({ fd: descriptor, readable: false, writable: true }).unref();
  socket.on('error', () => undefined);
  // Never close the descriptor: the next opened file would reuse its number.
  socket.destroy = () => socket;
  return (chunk, at, done) => void socket.write(chunk.subarray(at), (error) => done(error ?? null, chunk.length - at));
}

/**
 * Writes lines to a file descriptor and never blocks or fails the caller, even if the disk is full or the pipe has no reader.
 * Lines are buffered up to a limit; beyond it they are dropped and counted. Lines keep their order, and each is written
 * completely or not at all unless the process ends.
 */
export class LogWriter {
  private waiting: string[] = [];
  private waitingBytes = 0;
  /** The bytes being written, from `at` on. */
  private chunk: Buffer | undefined;
  private at = 0;
  private pause: NodeJS.Timeout | undefined;
  private dropped = 0;
  private failing = false;
  private closed = false;
  private readonly flushed: (() => void)[] = [];
  private readonly sink: Sink;
  private readonly options: Required<Omit<LogWriterOptions, 'onRecovery'>> & LogWriterOptions;

  constructor(descriptor: number, options: LogWriterOptions = {}) {
    this.sink = openSink(descriptor);
    this.options = { maxWaitingBytes: MAX_WAITING_BYTES, retryMs: RETRY_MS, pauseMs: 0, ...options };
  }

  write(line: string): void {
    if (this.closed) return;
    if (this.waitingBytes + line.length > this.options.maxWaitingBytes) {
      this.dropped++;
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += line.length;
    if (this.chunk === undefined && this.pause === undefined) this.writeNext();
  }

  /** Ends a pause. Calls back when all lines are written or cannot be written; never while a pipe is full. */
  flush(done: () => void = () => undefined): void {
    if (this.pause !== undefined) this.endPause();
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
      if (this.options.pauseMs === 0 || this.flushed.length > 0) return this.writeNext();
      this.chunk = undefined;
      // Keeps the process alive, so that the last lines are written.
      this.pause = setTimeout(() => this.endPause(), this.options.pauseMs);
    });
  }

  private endPause(): void {
    clearTimeout(this.pause);
    this.pause = undefined;
    this.writeNext();
  }

  private fail(error: NodeJS.ErrnoException, chunk: Buffer): void {
    if (READER_CLOSED_CODES.has(error.code ?? '')) return this.close();
    this.failing = true;
    for (const done of this.flushed.splice(0)) done();
    // Must not keep the process alive.
    setTimeout(() => this.writeRest(chunk), this.options.retryMs).unref();
  }

  /** The reader has closed the pipe. */
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
