import { Redis, type RedisOptions } from 'ioredis';

/** After a failover the old connection may reach a replica or a node still loading: reconnect and send the command again. */
const RECONNECT_AND_RESEND = 2;
function reconnectOnError(error: Error): boolean | typeof RECONNECT_AND_RESEND {
  return /^(READONLY|LOADING|UNBLOCKED)/.test(error.message) ? RECONNECT_AND_RESEND : false;
}

const sharedOptions: RedisOptions = {
  reconnectOnError,
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  connectTimeout: 5_000,
  keepAlive: 10_000,
};

/**
 * For requests: fails within two seconds rather than letting a caller hang on a frozen Redis.
 * A command that timed out may still have run; job ids are deterministic, so sending it again is safe.
 */
export function createProducerConnection(url: string, onError: (error: Error) => void): Redis {
  return new Redis(url, {
    ...sharedOptions,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
  }).on('error', onError);
}

/** For workers and subscribers: waits for Redis however long it takes (BullMQ demands `maxRetriesPerRequest: null`). */
export function createWorkerConnection(url: string, onError: (error: Error) => void): Redis {
  return new Redis(url, { ...sharedOptions, maxRetriesPerRequest: null }).on('error', onError);
}
