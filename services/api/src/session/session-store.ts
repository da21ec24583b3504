import { createHash, randomBytes } from 'node:crypto';
import { REDIS_PREFIX, asQueueUnavailable } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import { lineageOf } from './session-lineage';

/**
 * The little that sessions need to remember, for all API processes, in Redis: sign-in tokens that were not used yet (as
 * hashes), and sessions that were signed out before their time. Ids of tenants and keys only.
 */
export class SessionStore {
  constructor(private readonly redis: Redis) {}

  /** A new token that stands for the text once. @throws QueueUnavailableError */
  async issueToken(text: string, lifetimeMs: number): Promise<string> {
    const token = `cqt_${randomBytes(32).toString('base64url')}`;
    await asQueueUnavailable(this.redis.set(tokenKey(token), text, 'PX', Math.max(1, Math.ceil(lifetimeMs))));
    return token;
  }

  /** What the token stands for; undefined from the second time on. @throws QueueUnavailableError */
  async consumeToken(token: string): Promise<string | undefined> {
    return (await asQueueUnavailable(this.redis.getdel(tokenKey(token)))) ?? undefined;
  }

  /** @throws QueueUnavailableError */
  async revoke(id: string, remainingMs: number): Promise<void> {
    await asQueueUnavailable(this.redis.set(revokedKey(id), '1', 'PX', Math.max(1, Math.ceil(remainingMs))));
  }

  /**
   * Whether this session was signed out, or one that it comes from. While Redis does not answer no sign-out is known:
   * a sealed session is then good until its expiry.
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
