import { createHash, randomBytes } from 'node:crypto';
import { REDIS_PREFIX, asQueueUnavailable } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import { lineageOf } from './session-lineage';

/**
 * Session state shared by all API processes in Redis: unused sign-in tokens (as hashes) and sessions that were signed
 * out before they expired. It contains ids of tenants and keys only.
 */
export class SessionStore {
  constructor(private readonly redis: Redis) {}

  /** Creates a one-time token for the text. @throws QueueUnavailableError */
  async issueToken(text: string, lifetimeMs: number): Promise<string> {
    const token = `cqt_${randomBytes(32).toString('base64url')}`;
    await asQueueUnavailable(this.redis.set(tokenKey(token), text, 'PX', Math.max(1, Math.ceil(lifetimeMs))));
    return token;
  }

  /** Returns the token's text; undefined when it is unknown or already used. @throws QueueUnavailableError */
  async consumeToken(token: string): Promise<string | undefined> {
    return (await asQueueUnavailable(this.redis.getdel(tokenKey(token)))) ?? undefined;
  }

  /** @throws QueueUnavailableError */
  async revoke(id: string, remainingMs: number): Promise<void> {
    await asQueueUnavailable(this.redis.set(revokedKey(id), '1', 'PX', Math.max(1, Math.ceil(remainingMs))));
  }

  /**
   * Whether this session or one of its ancestors was signed out. Fails open: without Redis, signed-out sessions work
   * until they expire.
   */
  async isRevoked(id: string): Promise<boolean> {
    return (await this.redis.exists(...lineageOf(id).map(revokedKey)).catch(() => 0)) > 0;
  }
}

function tokenKey(token: string): string {
  return `${REDIS_PREFIX}:sign-in:${createHash('sha256').update(token).digest('hex')}`;
}

function revokedKey(id: string): string {
  return `${REDIS_PREFIX}:signed-out:${id}`;
}
