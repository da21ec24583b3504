import { createHash } from 'node:crypto';
import {
  type IdempotencyDocument,
  ObjectKeys,
  findDocument,
  idempotencyDocumentShape,
  readDocument,
  sealDocument,
} from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import type { Request } from 'express';
import { Problem } from '../http/problem';

const VALID_KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key. @throws Problem 422 when it cannot be one */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || VALID_KEY.test(key)) return key;
  const detail = 'an Idempotency-Key has 1 to 255 printable ASCII characters without blanks';
  throw new Problem('invalid-request', detail, { errors: [{ field: 'Idempotency-Key', code: 'bad-key', detail }] });
}

/** Hex SHA-256 of what was asked for: the same members give the same digest in whatever order they were sent. */
export function payloadDigest(payload: unknown): string {
  return createHash('sha256').update(JSON.stringify(payload, sortMembers)).digest('hex');
}

function sortMembers(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Which resource a key made, in the object store, so that it outlives Redis. The record is written once: of any number
 * of requests with one key, one makes the resource and the others get it.
 */
export class IdempotencyKeys {
  constructor(private readonly store: ObjectStore) {}

  /**
   * The id that the key stands for: `record.id` when this request is the first with it, else the earlier one's.
   * @throws Problem 422 when the key was used for another payload
   */
  async claim(tenant: string, key: string, document: IdempotencyDocument): Promise<string> {
    try {
      await this.store.putOnce(this.objectKey(tenant, key), sealDocument(document));
      return document.id;
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
    }
    const earlier = await readDocument(this.store, this.objectKey(tenant, key), idempotencyDocumentShape);
    assertSamePayload(earlier.payload_sha256, document.payload_sha256);
    return earlier.id;
  }

  /** What the key stands for so far. */
  find(tenant: string, key: string): Promise<IdempotencyDocument | undefined> {
    return findDocument(this.store, this.objectKey(tenant, key), idempotencyDocumentShape);
  }

  /** The key stands for nothing any more. */
  async forget(tenant: string, keySha256: string): Promise<void> {
    await this.store.delete(ObjectKeys.idempotency(tenant, keySha256));
  }

  /** Whether the request's key was used before, in a request that came to its claim. */
  async isRepetition(tenant: string, request: Request): Promise<boolean> {
    const key = idempotencyKeyOf(request);
    return key !== undefined && (await this.find(tenant, key)) !== undefined;
  }

  /**
   * The same when the resource that the key stood for is gone. The claim after that resource is written once too, so of
   * requests at the same time one makes the new resource; then the key itself names it, and lives as long.
   */
  async claimAfter(deletedId: string, tenant: string, key: string, document: IdempotencyDocument): Promise<string> {
    // No key holds a line end, so this is no other key.
    const id = await this.claim(tenant, `${key}\n${deletedId}`, document);
    await this.store.put(this.objectKey(tenant, key), sealDocument({ ...document, id }));
    return id;
  }

  private objectKey(tenant: string, key: string): string {
    return ObjectKeys.idempotency(tenant, keyDigest(key));
  }
}

/** Hex SHA-256 under which a key is stored. */
export function keyDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** @throws Problem 422 when a key is repeated with another payload */
export function assertSamePayload(earlierSha256: string, sha256: string): void {
  if (earlierSha256 === sha256) return;
  const detail = 'this key was used for another payload';
  throw new Problem('idempotency-key-reused', detail, {
    errors: [{ field: 'Idempotency-Key', code: 'key-reused', detail }],
  });
}
