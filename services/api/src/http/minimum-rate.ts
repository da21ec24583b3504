import type { Request, RequestHandler, Response } from 'express';
import { discardBody } from './discard-body';
import { sendProblem } from './error-handler';
import { Problem } from './problem';

export interface MinimumRate {
  tickMs: number;
  /** A body is too slow when this many consecutive ticks together brought fewer than `minBytes`. */
  windowTicks: number;
  minBytes: number;
  /** JSON holds one record or a few fields and must be complete within this many ticks. */
  jsonTicks: number;
  /** Any body must be complete within this many ticks: indexes, and sweeps of abandoned uploads, wait a day for it. */
  maxTicks: number;
}

/** 1 kB/s over 30 s; JSON within 15 s; everything within 23 hours. */
export const DEFAULT_MINIMUM_RATE: MinimumRate = {
  tickMs: 1_000,
  windowTicks: 30,
  minBytes: 30_000,
  jsonTicks: 15,
  maxTicks: 23 * 3_600,
};

const JSON_TYPE = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i;

/**
 * Responds 408 to a client whose body arrives too slowly and closes the connection, for every route and body reader:
 * the reader sees an aborted request and rolls back what it stored. A body that the handler never reads is discarded
 * after the response, for at most a few seconds.
 */
export function enforceMinimumRate(rate: MinimumRate = DEFAULT_MINIMUM_RATE): RequestHandler {
  return (request, response, next) => {
    if (!request.complete) monitorBody(request, response, rate);
    next();
  };
}

function monitorBody(request: Request, response: Response, rate: MinimumRate): void {
  const meter = new BodyRateMeter(request, rate);
  const timer = setInterval(() => {
    if (request.complete || response.headersSent) return clearInterval(timer);
    if (!meter.isTooSlow()) return;
    clearInterval(timer);
    sendProblem(response, tooSlow());
  }, rate.tickMs);
  const stop = () => clearInterval(timer);
  request.once('end', stop);
  response.once('close', stop);
  response.once('finish', () => discardBody(request));
}

/** Measures the bytes of the last ticks. Back-pressure from our own reader does not count as a slow client. */
class BodyRateMeter {
  private readonly ticks: number[] = [];
  private bytesBefore: number;
  private countedTicks = 0;
  private allTicks = 0;
  private readonly isJson: boolean;

  constructor(
    private readonly request: Request,
    private readonly rate: MinimumRate,
  ) {
    this.bytesBefore = request.socket.bytesRead;
    this.isJson = JSON_TYPE.test(request.get('Content-Type') ?? '');
  }

  /** Must be called once per tick. */
  isTooSlow(): boolean {
    const { windowTicks, minBytes, jsonTicks, maxTicks } = this.rate;
    const { bytesRead } = this.request.socket;
    const bytes = bytesRead - this.bytesBefore;
    this.bytesBefore = bytesRead;
    if (++this.allTicks > maxTicks) return true;
    if (!isWaitingForClient(this.request)) return false;
    if (this.isJson) return ++this.countedTicks >= jsonTicks;
    this.ticks.push(bytes);
    if (this.ticks.length > windowTicks) this.ticks.shift();
    return this.ticks.length === windowTicks && this.ticks.reduce((sum, each) => sum + each, 0) < minBytes;
  }
}

/**
 * Whether the body has a reader and its buffer is empty. An async iterator listens for `readable` and leaves the stream
 * formally paused, so `isPaused()` cannot tell; a pipe under back-pressure is paused and has no such listener.
 */
function isWaitingForClient(request: Request): boolean {
  const isRead = request.readableFlowing === true || request.listenerCount('readable') > 0;
  return isRead && request.readableLength === 0;
}

function tooSlow(): Problem {
  return new Problem(
    'too-slow',
    'The body arrived too slowly. Send at least 1 kB per second over 30 seconds, JSON within 15 seconds, and a file within 23 hours.',
    { headers: { Connection: 'close' } },
  );
}
