import {
  ConfirmationKeys,
  confirmationShape,
  confirmedDayShape,
  readDocument,
  scoredDayShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, listAll } from '@cytoqueue/storage';
import type { VerifyContext } from './verify-batch';

/** Every entry, and that the newest summary of each day holds the day's entries and no others, except for marked changes. */
export async function verifyConfirmations(context: VerifyContext, tenant: string): Promise<void> {
  const { store } = context;
  const changing = new Set<string>();
  for await (const { key } of listAll(store, ConfirmationKeys.changesFolder(tenant))) {
    const change = ConfirmationKeys.parseChange(key);
    if (change !== undefined) changing.add(change.id);
  }
  const stored = new Set<string>();
  for await (const { key } of listAll(store, ConfirmationKeys.entriesFolder(tenant))) stored.add(key);
  const entries = await readEntries(context, tenant, stored);
  const { summarized, newest } = await readSummaries(context, tenant);
  for (const [id, { key, bytes, day }] of entries) {
    const found = summarized.get(id);
    if (found?.bytes === bytes || changing.has(id)) continue;
    const summary = newest.get(day) ?? `the summary of ${day}`;
    context.checks.add(key, 'wrong-summary', `${summary} ${found === undefined ? 'lacks it' : 'differs from it'}`);
  }
  for (const [id, { key }] of summarized)
    if (!entries.has(id) && !changing.has(id))
      context.checks.add(key, 'wrong-summary', `it holds ${id}, which is gone`);
}

type ById = Map<string, { key: string; bytes: string; day: string }>;

const dayOf = (timestamp: string): string => timestamp.slice(0, 10);

async function readEntries({ store, checks }: VerifyContext, tenant: string, keys: Iterable<string>): Promise<ById> {
  const entries: ById = new Map();
  for (const key of keys) {
    await checks.run(key, 'damaged-document', async () => {
      const entry = await readDocument(store, key, confirmationShape);
      if (ConfirmationKeys.entry(tenant, entry.id) !== key)
        throw new ObjectCorruptError(key, 'it is the entry of another confirmation');
      entries.set(entry.id, { key, bytes: JSON.stringify(entry), day: dayOf(entry.predicted_at) });
    });
  }
  return entries;
}

async function readSummaries(
  { store, checks }: VerifyContext,
  tenant: string,
): Promise<{ summarized: ById; newest: Map<string, string> }> {
  const newest = new Map<string, string>();
  for await (const { key } of listAll(store, ConfirmationKeys.daysFolder(tenant)))
    newest.set(ConfirmationKeys.parseDay(tenant, key)?.day ?? key, key);
  const summarized: ById = new Map();
  for (const key of newest.values()) {
    const summary = await checks.run(key, 'damaged-summary', () => readDocument(store, key, confirmedDayShape));
    for (const entry of summary?.confirmations ?? [])
      summarized.set(entry.id, { key, bytes: JSON.stringify(entry), day: dayOf(entry.predicted_at) });
  }
  return { summarized, newest };
}

/** @param key of the counts of a day; without them, the API counts what is still stored */
export async function verifyScoredDay({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-counts', () => readDocument(store, key, scoredDayShape));
}
