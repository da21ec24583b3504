import type { Request, RequestHandler, Response } from 'express';
import { discardBody } from './discard-body';
import { sendProblem } from './error-handler';
import { Problem } from './problem';

export interface MinimumRate {
  tickMs: number;
  /** A body is too slow when so many ticks in a row together brought fewer than `leastBytes`. */
  windowTicks: number;
  minBytes: number;
  /** JSON is a record or a few fields: it must be complete within so many ticks, however fast it comes. */
  jsonTicks: number;
}

/** 1 kB/s over 30 s: 1 GiB would take twelve days. JSON within 15 s. */
export const DEFAULT_MINIMUM_RATE: MinimumRate = { tickMs: 1_000, windowTicks: 30, minBytes: 30_000, jsonTicks: 15 };

const JSON_TYPE = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i;

/**
 * Answers 408 to a client whose body comes too slowly, on every route and for every way of reading a body, and closes the
 * connection: the reader then sees its request end as when a client goes away, and rolls back what it stored. A body that
 * the handler never reads is read and discarded once the answer is out, for a few seconds at most.
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

/** What the last ticks brought. Ticks in which our own reader holds the body up do not count. */
class BodyRateMeter {
  private readonly ticks: number[] = [];
  private bytesBefore: number;
  private countedTicks = 0;
  private readonly isJson: boolean;

  constructor(
    private readonly request: Request,
    private readonly rate: MinimumRate,
  ) {
    this.bytesBefore = request.socket.bytesRead;
    this.isJson = JSON_TYPE.test(request.get('Content-Type') ?? '');
  }

  /** To be asked once a tick. */
  isTooSlow(): boolean {
    const { windowTicks, minBytes, jsonTicks } = this.rate;
    const { bytesRead } = this.request.socket;
    const bytes = bytesRead - this.bytesBefore;
    this.bytesBefore = bytesRead;
    if (!isWaitingForClient(this.request)) return false;
    if (this.isJson) return ++this.countedTicks >= jsonTicks;
    this.ticks.push(bytes);
    if (this.ticks.length > windowTicks) this.ticks.shift();
    return this.ticks.length === windowTicks && this.ticks.reduce((sum, each) => sum + each, 0) < minBytes;
  }
}

/**
 * Something reads the body and has nothing left to read. An async iterator reads by `readable` events and leaves the stream
 * formally paused, so `isPaused()` cannot tell; a pipe under back-pressure is paused and has no such listener.
 */
function isWaitingForClient(request: Request): boolean {
  const isRead = request.readableFlowing === true || request.listenerCount('readable') > 0;
  return isRead && request.readableLength === 0;
}

function tooSlow(): Problem {
  return new Problem(
    'too-slow',
    'The body came too slowly: 1 kB a second at least over 30 seconds, and JSON within 15 seconds.',
    { headers: { Connection: 'close' } },
  );
}
