import type { Request, RequestHandler, Response } from 'express';
import { drainRefused } from './drain';
import { sendProblem } from './errors';
import { Problem } from './problem';

export interface BodyPace {
  tickMs: number;
  /** A body is too slow when so many ticks in a row together brought fewer than `leastBytes`. */
  windowTicks: number;
  leastBytes: number;
  /** JSON is a record or a few fields: it must be complete within so many ticks, however fast it comes. */
  jsonTicks: number;
}

/** 1 kB/s over 30 s: 1 GiB would take twelve days. JSON within 15 s. */
export const BODY_PACE: BodyPace = { tickMs: 1_000, windowTicks: 30, leastBytes: 30_000, jsonTicks: 15 };

const JSON_TYPE = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i;

/**
 * Answers 408 to a client whose body comes too slowly, on every route and for every way of reading a body, and closes the
 * connection: the reader then sees its request end as when a client goes away, and rolls back what it stored. A body that
 * the handler never reads is read and discarded once the answer is out, for a few seconds at most.
 */
export function requireBodyPace(pace: BodyPace = BODY_PACE): RequestHandler {
  return (request, response, next) => {
    if (!request.complete) watch(request, response, pace);
    next();
  };
}

function watch(request: Request, response: Response, pace: BodyPace): void {
  const meter = new BodyMeter(request, pace);
  const timer = setInterval(() => {
    if (request.complete || response.headersSent) return clearInterval(timer);
    if (!meter.isTooSlow()) return;
    clearInterval(timer);
    sendProblem(response, tooSlow());
  }, pace.tickMs);
  const stop = () => clearInterval(timer);
  request.once('end', stop);
  response.once('close', stop);
  response.once('finish', () => drainRefused(request));
}

/** What the last ticks brought. Ticks in which our own reader holds the body up do not count. */
class BodyMeter {
  private readonly ticks: number[] = [];
  private bytesBefore: number;
  private counted = 0;
  private readonly isJson: boolean;

  constructor(
    private readonly request: Request,
    private readonly pace: BodyPace,
  ) {
    this.bytesBefore = request.socket.bytesRead;
    this.isJson = JSON_TYPE.test(request.get('Content-Type') ?? '');
  }

  /** To be asked once a tick. */
  isTooSlow(): boolean {
    const { windowTicks, leastBytes, jsonTicks } = this.pace;
    const { bytesRead } = this.request.socket;
    const bytes = bytesRead - this.bytesBefore;
    this.bytesBefore = bytesRead;
    if (!isWaitingForClient(this.request)) return false;
    if (this.isJson) return ++this.counted >= jsonTicks;
    this.ticks.push(bytes);
    if (this.ticks.length > windowTicks) this.ticks.shift();
    return this.ticks.length === windowTicks && this.ticks.reduce((sum, each) => sum + each, 0) < leastBytes;
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
  return new Problem('too-slow', 'The body came too slowly: 1 kB a second at least over 30 seconds, and JSON within 15 seconds.', { headers: { Connection: 'close' } });
}
