/*
 * Confirmed diagnoses are append-only: each is an object of its own, written once. Order of writes for each: the marker of its
 * change, then the entry (the commit point). So an entry that exists gets into the summary however the process ends; a marker
 * without an entry is dropped. Of the entries for one target the one with the greatest id counts; ids follow the order of
 * acceptance.
 */
import {
  type ConfirmationDocument,
  ConfirmationKeys,
  confirmationShape,
  createId,
  findDocument,
  idAfter,
  idTimeMs,
  sealDocument,
} from '@cytoqueue/records';
import { ObjectMismatchError, ObjectNotFoundError, forEachConcurrently } from '@cytoqueue/storage';
import { Problem, unknownClass } from '../http/problem';
import { type IdempotencyKeys, payloadDigest } from '../tenants/idempotency';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import { type Target, type TargetDeps, findTargets } from './find-targets';
import { changeWithMarker } from './marked-change';
import type { CsvRow } from './read-csv';
import { removeEntry } from './remove-entry';

export type AcceptDeps = TargetDeps & {
  idempotency: IdempotencyKeys;
  quotas: TenantQuotas;
  retention: RetentionPolicy;
};

const CONCURRENCY = 32;

/** @returns the stored entry, or the reason for none, of each body in order */
export async function acceptConfirmations(
  deps: AcceptDeps,
  tenant: string,
  bodies: readonly CsvRow[],
  idempotencyKey: string | undefined,
): Promise<(ConfirmationDocument | Problem)[]> {
  const { firstId, isRepetition } = await claimId(deps, tenant, bodies, idempotencyKey);
  const outcomes: (ConfirmationDocument | Problem)[] = [...bodies] as Problem[];
  await forEachConcurrently(isRepetition ? bodies : [], CONCURRENCY, async (_, index) => {
    const id = idAfter('conf_', firstId, index);
    const earlier = await findEntry(deps, tenant, id);
    if (earlier !== undefined) outcomes[index] = earlier;
    else if ((await deps.store.head(ConfirmationKeys.deleted(tenant, id))) !== undefined)
      outcomes[index] = new Problem(
        'not-found',
        'This confirmation was deleted. To confirm the diagnosis again, use another Idempotency-Key.',
      );
  });
  // Entries of an earlier request stay as they are, even if their targets were removed since.
  const open = bodies.flatMap((body, index) =>
    body instanceof Problem || outcomes[index] !== (body as unknown) ? [] : [{ index, body }],
  );
  const targets = await findTargets(
    deps,
    tenant,
    open.map(({ body }) => body),
  );
  const today = new Date(idTimeMs('conf_', firstId) ?? 0).toISOString().slice(0, 10);
  for (const [position, { index, body }] of open.entries()) {
    const target = targets[position] as (typeof targets)[number];
    const { confirmed_class, confirmed_at = today } = body;
    const id = idAfter('conf_', firstId, index);
    outcomes[index] = target instanceof Problem ? target : toEntry(id, target, confirmed_class, confirmed_at);
  }
  const isEntry = (outcome: ConfirmationDocument | Problem): outcome is ConfirmationDocument =>
    !(outcome instanceof Problem);
  const added = open.map(({ index }) => outcomes[index] as ConfirmationDocument | Problem);
  const entries = { all: outcomes.filter(isEntry), added: added.filter(isEntry) };
  await storeEntries(deps, tenant, firstId, entries);
  // Those of the first request with this key may have been deleted since this one looked for them.
  if (isRepetition) await removeDeleted(deps, tenant, entries.added);
  return outcomes;
}

function toEntry(
  id: string,
  { labels, ...target }: Target,
  confirmed_class: string,
  confirmed_at: string,
): ConfirmationDocument | Problem {
  if (labels.includes(confirmed_class)) return { id, ...target, confirmed_class, confirmed_at };
  return unknownClass('confirmed_class', labels, confirmed_class);
}

/** A repeated request gets the ids of the first, so that it stores nothing twice. */
async function claimId(
  { idempotency, retention }: AcceptDeps,
  tenant: string,
  bodies: readonly CsvRow[],
  key: string | undefined,
): Promise<{ firstId: string; isRepetition: boolean }> {
  const id = createId('conf_');
  if (key === undefined) return { firstId: id, isRepetition: false };
  const payload = bodies.map((body) => (body instanceof Problem ? body.detail : body));
  const claim = { id, payload_sha256: payloadDigest(['confirmations', payload]) };
  let claimed = await idempotency.claim(tenant, key, claim);
  while (retention.isExpired(claimed)) claimed = await idempotency.reclaim(claimed, tenant, key, claim);
  return { firstId: claimed, isRepetition: claimed !== id };
}

function findEntry({ store }: AcceptDeps, tenant: string, id: string): Promise<ConfirmationDocument | undefined> {
  return findDocument(store, ConfirmationKeys.entry(tenant, id), confirmationShape);
}

/** The reservation of a repeated request replaces the first one's, so it includes the entries that exist. */
async function storeEntries(
  { store, quotas }: AcceptDeps,
  tenant: string,
  firstId: string,
  { all, added }: Record<'all' | 'added', readonly ConfirmationDocument[]>,
): Promise<void> {
  if (added.length === 0) return;
  const size = all.reduce((sum, entry) => sum + sealDocument(entry).length, 0);
  await quotas.storage.reserve(tenant, firstId, size);
  try {
    await forEachConcurrently(added, CONCURRENCY, async (entry) => {
      const key = ConfirmationKeys.entry(tenant, entry.id);
      await changeWithMarker(store, tenant, entry, 'added', () =>
        store.putOnce(key, sealDocument(entry), { contentType: 'application/json' }),
      );
    });
  } catch (error) {
    await quotas.storage.invalidate(tenant);
    if (error instanceof ObjectMismatchError)
      throw new Problem('idempotency-key-reused', 'A concurrent request with this key confirms other results.', {
        cause: error,
      });
    throw error;
  }
}

async function removeDeleted(
  { store }: AcceptDeps,
  tenant: string,
  entries: readonly ConfirmationDocument[],
): Promise<void> {
  await forEachConcurrently(entries, CONCURRENCY, async ({ id }) => {
    if ((await store.head(ConfirmationKeys.deleted(tenant, id))) === undefined) return;
    await removeEntry(store, tenant, id).catch((error: unknown) => {
      // The deletion has removed it itself.
      if (!(error instanceof ObjectNotFoundError)) throw error;
    });
  });
}
