import { ModelFileError } from '@cytoqueue/classifier';
import {
  ObjectCorruptError,
  ObjectFormatError,
  ObjectNotFoundError,
  ObjectRangeError,
  ObjectUnreadableError,
} from '@cytoqueue/storage';

/** Remedy of each kind of finding. */
export const REMEDIES = {
  'damaged-document':
    'Restore the object from its versions or a backup. Without one, delete the batch or record and have it sent again.',
  missing:
    'Restore the object from its versions or a backup. Without one, delete the batch or record and have it sent again.',
  'damaged-input': 'Restore the object. The results stay as they are; a retry or rescore needs the input.',
  'damaged-shard':
    'Delete the object: a retry of the batch, or a worker while the batch runs, scores the shard again to the same bytes.',
  'missing-shard': 'Restore the object, or retry the batch: the shard is scored again to the same bytes.',
  'damaged-results':
    'Restore the object and the shards that other findings name, or retry the batch: it writes its files again.',
  'wrong-counts': 'Restore the documents of this run from one point in time; they contradict each other.',
  'not-listed-as-unfinished':
    'Restore the object; or put an empty object under the named pending key, so that the reconciler has the work done again.',
  'dangling-marker':
    'Restore what the marker names: it was accepted and has not ended. The reconciler removes the marker otherwise.',
  'dangling-idempotency-key':
    'Restore what the key names, or delete the object: the next request with the key then makes a new resource.',
  'damaged-model':
    'Put the same version back (npm run models -- add FILE), or restore the object of an own model; workers refuse it until then.',
  'dangling-champion':
    'Promote a version that is there (npm run models -- promote NAME VERSION; own/NAME: an admin of the tenant), or restore the version.',
  'damaged-keys':
    'Restore the object. Without a backup delete it: the version before then counts again, so check the keys afterwards.',
  'damaged-settings':
    'Restore the object, or have an admin of the tenant send PUT /v1/settings again; until then what names no model or operating point is refused.',
  'damaged-profile':
    'Restore the object, or have a member of the tenant send PUT /v1/import-profiles/{name} again; until then uploads that name it are refused.',
  'damaged-index':
    'Run npm run index-lists, which writes it again from the records and batches. Until then lists by status read each of them.',
  'missing-in-index':
    'Run npm run index-lists, which corrects the index. Until then lists by status leave the record or batch out.',
  'stale-in-index': 'Restore what other findings name, then run npm run index-lists, which corrects the index.',
  'lost-resource':
    'Restore the record or batch from its versions or a backup. If it is not wanted, run npm run index-lists, which corrects the index.',
  'wrong-summary':
    'Put an empty object under confirmations/TENANT/changes/DAY.ID.added (ID.deleted for one that is gone): the API then updates the summary.',
  'damaged-summary':
    'Delete all versions of this day and put an empty object under confirmations/TENANT/changes/DAY.ID.added for each of its entries: the API then writes the summary again.',
  'damaged-counts':
    'Restore an earlier version of the object, or delete it: the API counts what is still stored of this day.',
  'unknown-format': 'A later release wrote it: verify with that release.',
} as const;

export type FindingKind = keyof typeof REMEDIES;

export interface Finding {
  key: string;
  kind: FindingKind;
  detail: string;
  remedy: string;
}

/** Thrown by a check. */
export class FindingError extends Error {
  constructor(
    readonly kind: FindingKind,
    message: string,
  ) {
    super(message);
  }
}

/** Runs checks in order and collects findings; rethrows errors that do not concern an object. */
export class Checks {
  readonly findings: Finding[] = [];
  objects = 0;
  bytes = 0;

  /** @param kind kind of damage of the document or file itself. @returns undefined when there is a finding */
  async run<T>(key: string, kind: FindingKind, check: () => Promise<T> | T): Promise<T | undefined> {
    this.objects++;
    try {
      return await check();
    } catch (error) {
      this.add(key, ...describe(error, kind));
      return undefined;
    }
  }

  add(key: string, kind: FindingKind, detail: string): void {
    this.findings.push({ key, kind, detail, remedy: REMEDIES[kind] });
  }
}

/** @throws the error when it does not concern an object */
function describe(error: unknown, kind: FindingKind): [FindingKind, string] {
  if (error instanceof FindingError) return [error.kind, error.message];
  if (error instanceof ObjectFormatError) return ['unknown-format', error.message];
  if (error instanceof ObjectNotFoundError) return [kind === 'damaged-document' ? 'missing' : kind, error.message];
  const ofObject = [ObjectCorruptError, ObjectRangeError, ObjectUnreadableError, ModelFileError];
  if (error instanceof Error && ofObject.some((type) => error instanceof type)) return [kind, error.message];
  throw error;
}
