import { ApiError, ConnectionError, CytoqueueClient } from '@cytoqueue/client';
import { BASE_PATH } from './base-path';
import { TEXTS } from './texts';

/** Retries by itself: for actions that a user has started. */
export const client = new CytoqueueClient({ url: BASE_PATH });

/** Tries once: queries retry themselves and show that they do. */
export const noRetryClient = new CytoqueueClient({ url: BASE_PATH, retry: { attempts: 1 } });

/** Reconnects an event stream, because the service ends each one after some minutes. After two failures in a row the events end. */
export const streamClient = new CytoqueueClient({ url: BASE_PATH, retry: { attempts: 2 } });

const RETRY_MS = 2_000;
const MAX_RETRY_MS = 15_000;

export function retryDelayMs(failures: number, error: unknown): number {
  const requestedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(requestedMs, Math.min(RETRY_MS * 1.3 ** failures, MAX_RETRY_MS));
}

/** The resource was deleted or has expired: what was loaded of it must not stay on the page. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 410);
}

/** Error of a query that has nothing to show: it has never loaded, or the resource is gone. Later failures keep what has been loaded. */
export function blockingErrorOf({ error, isLoadingError }: { error: unknown; isLoadingError: boolean }): unknown {
  return isLoadingError || isGone(error) ? error : null;
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Describes the failure to the user in one sentence. */
export function errorMessage(error: unknown): string {
  if (error instanceof ConnectionError) return TEXTS.noResponse;
  if (error instanceof ApiError) return error.detail === '' ? TEXTS.status(error.status) : error.detail;
  return TEXTS.pageFailed;
}
