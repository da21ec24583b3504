import { createHash } from 'node:crypto';
import {
  type IdempotencyDocument,
  ObjectKeys,
  findDocument,
  idempotencyDocumentShape,
  putDocument,
  putOrReadDocument,
} from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Request } from 'express';
import { Problem } from '../http/problem';

const VALID_KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key. @throws Problem 422 when it is malformed */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || VALID_KEY.test(key)) return key;
  const detail = 'An Idempotency-Key must have 1 to 255 printable ASCII characters without spaces.';
  throw new Problem('invalid-request', detail, { errors: [{ field: 'Idempotency-Key', code: 'bad-key', detail }] });
}

/** Hex SHA-256 of the payload, independent of the order of its members. */
export function payloadDigest(payload: unknown): string {
  return createHash('sha256').update(JSON.stringify(payload, sortMembers)).digest('hex');
}

function sortMembers(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Stores which resource each idempotency key created, in the object store, so that it outlives Redis. The first claim
 * is write-once: of all requests with one key, one creates the resource and the others return it. `reclaim` replaces
 * the document when its resource is gone.
 */
export class IdempotencyKeys {
  constructor(private readonly store: ObjectStore) {}

  /**
   * Claims the key. @returns `document.id` when this request is the first with the key, else the earlier request's id
   * @throws Problem 422 when the key was used for another payload
   */
  async claim(tenant: string, key: string, document: IdempotencyDocument): Promise<string> {
    const first = await putOrReadDocument(this.store, this.objectKey(tenant, key), document, idempotencyDocumentShape, {
      journal: true,
    });
    assertSamePayload(first.payload_sha256, document.payload_sha256);
    return first.id;
  }

  /** The key's document, if the key has been claimed. */
  find(tenant: string, key: string): Promise<IdempotencyDocument | undefined> {
    return findDocument(this.store, this.objectKey(tenant, key), idempotencyDocumentShape);
  }

  /** Removes the key's document, so that the key can be used again. */
  async forget(tenant: string, keySha256: string): Promise<void> {
    await this.store.delete(ObjectKeys.idempotency(tenant, keySha256));
  }

  /** Whether an earlier request has claimed the request's key. */
  async isRepeat(tenant: string, request: Request): Promise<boolean> {
    const key = idempotencyKeyOf(request);
    return key !== undefined && (await this.find(tenant, key)) !== undefined;
  }

  /**
   * Claims a key again whose resource was deleted or has expired. This claim is write-once too, so of concurrent
   * requests one creates the new resource; then the key's document is replaced to name it.
   */
  async reclaim(removedId: string, tenant: string, key: string, document: IdempotencyDocument): Promise<string> {
    // Valid keys contain no line end, so this collides with no other key.
    const id = await this.claim(tenant, `${key}\n${removedId}`, document);
    await putDocument(this.store, this.objectKey(tenant, key), { ...document, id });
    return id;
  }

  /**
   * Claims the key for a resource that is stored already. If the key names a resource that is gone, claims the key
   * again.
   * @param findResource returns undefined for a resource that was deleted or has expired
   * @returns `resource`, or the resource of the request that claimed the key first
   */
  async claimFor<T extends { id: string }>(
    tenant: string,
    key: string,
    resource: T,
    payload: unknown,
    findResource: (id: string) => Promise<T | undefined>,
  ): Promise<T> {
    const claim = { id: resource.id, payload_sha256: payloadDigest(payload) };
    let claimedId = await this.claim(tenant, key, claim);
    while (claimedId !== resource.id) {
      const earlier = await findResource(claimedId);
      if (earlier !== undefined) return earlier;
      claimedId = await this.reclaim(claimedId, tenant, key, claim);
    }
    return resource;
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
  const detail = 'This key was used for another payload. Use a new key for a new request.';
  throw new Problem('idempotency-key-reused', detail, {
    errors: [{ field: 'Idempotency-Key', code: 'key-reused', detail }],
  });
}
