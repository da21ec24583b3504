import { Redis, type RedisOptions } from 'ioredis';

/** After a failover the connection may lead to a replica or a loading node: reconnect and resend the command. */
const RECONNECT_AND_RESEND = 2;
function reconnectOnError(error: Error): boolean | typeof RECONNECT_AND_RESEND {
  return /^(READONLY|LOADING|UNBLOCKED)/.test(error.message) ? RECONNECT_AND_RESEND : false;
}

/** BullMQ waits this long for a job with one command. */
const MAX_BLOCKED_MS = 10_000;

/*
 * `socketTimeout` ends a connection on which a command gets no answer. A host that has disappeared sends no reset, and the
 * kernel would go on sending to it for a quarter of an hour.
 */
const sharedOptions: RedisOptions = {
  reconnectOnError,
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  connectTimeout: 5_000,
  keepAlive: 10_000,
};

/**
 * For requests: commands fail within two seconds when Redis hangs. A command that timed out may have run; job ids are
 * deterministic, so repeating it is safe.
 */
export function createProducerConnection(url: string, onError: (error: Error) => void): Redis {
  return new Redis(url, {
    ...sharedOptions,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    socketTimeout: 5_000,
  }).on('error', onError);
}

/** For workers and subscribers: commands wait for Redis without a limit (BullMQ requires `maxRetriesPerRequest: null`). */
export function createWorkerConnection(url: string, onError: (error: Error) => void): Redis {
  return new Redis(url, {
    ...sharedOptions,
    maxRetriesPerRequest: null,
    socketTimeout: MAX_BLOCKED_MS + 10_000,
  }).on('error', onError);
}
