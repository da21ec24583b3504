import { ConfirmationKeys, ObjectKeys, createId, sealDocument } from '@cytoqueue/records';

export const TENANT = 'local';

/** An object of the tenant's own model. */
export const ownModelKey = (key: string) => ObjectKeys.ownModelsFolder(TENANT) + key;

/** Ids and keys of one installation with every kind of object. */
export interface Installation {
  batch: string;
  rescored: string;
  /** Uploaded in UTF-16, so that the import wrote a canonical file. */
  converted: string;
  /** Lists the parts of the batch's results. A file store has one. */
  parts: string;
  /** The results of the converted batch, which are one object. */
  results: string;
  prediction: string;
  claim: string;
  shard: string;
  confirmation: string;
  /** On which the confirmed prediction was accepted. */
  day: string;
}

/** undefined: the object is deleted. */
type Change = (bytes: Buffer) => Buffer | undefined;
const flip =
  (at: (length: number) => number): Change =>
  (bytes) => {
    const changed = Buffer.from(bytes);
    changed[at(bytes.length)] ^= 1;
    return changed;
  };
export const last = flip((length) => length - 1);
const middle = flip((length) => Math.floor(length / 2));
/** The bytes stay JSON of the right shape, so only the checksum detects the change. */
const flipDigit: Change = (bytes) =>
  Buffer.from(
    bytes
      .toString('latin1')
      .replace(/"probability_malignant":0\.\d/, (text) => text.slice(0, -1) + String(9 - Number(text.at(-1)))),
    'latin1',
  );
export const truncate: Change = (bytes) => bytes.subarray(0, bytes.length >> 1);
const remove: Change = () => undefined;
export const edit =
  (change: (document: Record<string, never>) => object): Change =>
  (bytes) =>
    sealDocument(change(JSON.parse(bytes.toString()) as Record<string, never>));
export const withoutFormat: Change = (bytes) => {
  const end = bytes.indexOf(10);
  const {
    counts,
    histogram,
    bytes: parts,
    crc32,
  } = JSON.parse(bytes.toString('latin1', 0, end)) as Record<string, unknown>;
  return Buffer.concat([Buffer.from(JSON.stringify({ counts, histogram, bytes: parts, crc32 })), bytes.subarray(end)]);
};

/** A list of parts whose last part is a byte shorter. */
const shortened = ({ shards, ...list }: Record<string, never>): object => {
  const lengths = shards as number[];
  return { ...list, shards: [...lengths.slice(0, -1), (lengths.at(-1) ?? 0) - 1] };
};

const summaryKey = ({ day }: Installation) => ObjectKeys.documentVersion(ConfirmationKeys.dayFolder(TENANT, day), 1);

/** Name, kind of the finding, key of the object and its change. */
export const DAMAGES: [string, string, (made: Installation) => string, Change][] = [
  ['a flipped input', 'damaged-input', ({ batch }) => ObjectKeys.batchInput(TENANT, batch), middle],
  ['a missing input', 'missing', ({ batch }) => ObjectKeys.batchInput(TENANT, batch), remove],
  [
    'a flipped original of a converted file',
    'damaged-input',
    ({ converted }) => ObjectKeys.batchInput(TENANT, converted),
    middle,
  ],
  [
    'a flipped canonical file',
    'damaged-input',
    ({ converted }) => ObjectKeys.batchCanonical(TENANT, converted),
    middle,
  ],
  ['a missing canonical file', 'missing', ({ converted }) => ObjectKeys.batchCanonical(TENANT, converted), remove],
  ['a truncated import profile', 'damaged-profile', () => ObjectKeys.importProfile(TENANT, 'lab'), truncate],
  ['a truncated description', 'damaged-document', ({ batch }) => ObjectKeys.batchDocument(TENANT, batch), truncate],
  ['a missing description', 'missing', ({ batch }) => ObjectKeys.batchDocument(TENANT, batch), remove],
  ['a flipped shard', 'damaged-shard', ({ shard }) => shard, last],
  ['a truncated shard', 'damaged-shard', ({ shard }) => shard, truncate],
  [
    'a flipped shard of format 1',
    'damaged-shard',
    ({ shard }) => shard,
    (bytes) => last(withoutFormat(bytes) as Buffer),
  ],
  ['a missing shard', 'missing-shard', ({ shard }) => shard, remove],
  ['a flipped list of the parts of results', 'damaged-results', ({ parts }) => parts, middle],
  ['a missing list of the parts of results', 'missing', ({ parts }) => parts, remove],
  ['results with a part of other length', 'damaged-results', ({ parts }) => parts, edit(shortened)],
  ['flipped results', 'damaged-results', ({ results }) => results, last],
  ['missing results', 'missing', ({ results }) => results, remove],
  ['truncated errors', 'damaged-results', ({ batch }) => ObjectKeys.runErrors(TENANT, batch, 1), truncate],
  ['flipped changes', 'damaged-results', ({ rescored }) => ObjectKeys.runChanges(TENANT, rescored, 1), last],
  ['a flipped manifest', 'damaged-document', ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1), middle],
  [
    'a manifest that counts other rows',
    'wrong-counts',
    ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1),
    edit((manifest) => ({ ...manifest, counts: { ...(manifest['counts'] as object), succeeded: 9 } })),
  ],
  [
    'a manifest that counts a rejected row as failed',
    'wrong-counts',
    ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1),
    edit((manifest) => ({ ...manifest, counts: { ...(manifest['counts'] as object), rejected: 0, failed: 1 } })),
  ],
  [
    'a manifest that counts other classes',
    'wrong-counts',
    ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1),
    edit((manifest) => ({ ...manifest, summary: { ...(manifest['summary'] as object), benign: 2 } })),
  ],
  [
    'a manifest that counts other probabilities',
    'wrong-counts',
    ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1),
    edit((manifest) => {
      const [first, ...others] = manifest['probabilities'] as number[];
      return { ...manifest, probabilities: [...others, first] };
    }),
  ],
  ['a missing manifest', 'not-listed-as-unfinished', ({ batch }) => ObjectKeys.runManifest(TENANT, batch, 1), remove],
  [
    'a damaged request',
    'damaged-document',
    ({ prediction }) => ObjectKeys.predictionRequest(TENANT, prediction),
    middle,
  ],
  ['a missing request', 'missing', ({ prediction }) => ObjectKeys.predictionRequest(TENANT, prediction), remove],
  [
    'a flipped result of a record',
    'damaged-document',
    ({ prediction }) => ObjectKeys.predictionCompletion(TENANT, prediction),
    flipDigit,
  ],
  [
    'a truncated result of a record',
    'damaged-document',
    ({ prediction }) => ObjectKeys.predictionCompletion(TENANT, prediction),
    truncate,
  ],
  [
    'a missing result of a record',
    'not-listed-as-unfinished',
    ({ prediction }) => ObjectKeys.predictionCompletion(TENANT, prediction),
    remove,
  ],
  [
    'an idempotency key that names nothing',
    'dangling-idempotency-key',
    ({ claim }) => claim,
    edit((claim) => ({ ...claim, id: createId('batch_') })),
  ],
  ['a damaged idempotency key', 'damaged-document', ({ claim }) => claim, truncate],
  [
    'a marker that names nothing',
    'dangling-marker',
    () => ObjectKeys.pending(TENANT, createId('batch_')),
    () => Buffer.from('x'),
  ],
  ['a damaged model', 'damaged-model', () => ObjectKeys.model('wdbc-knn', '1.0.0'), middle],
  ['a damaged own model', 'damaged-model', () => ownModelKey(ObjectKeys.model('mylab', '1')), middle],
  ['a damaged champion', 'dangling-champion', () => ObjectKeys.champion('wdbc-knn'), truncate],
  [
    'a champion that is not there',
    'dangling-champion',
    () => ObjectKeys.champion('wdbc-knn'),
    edit((champion) => ({ ...champion, version: '9.9.9' })),
  ],
  [
    'an own champion that was deleted',
    'dangling-champion',
    () => ownModelKey(ObjectKeys.champion('mylab')),
    edit((champion) => ({ ...champion, version: '2' })),
  ],
  [
    'a damaged confirmation',
    'damaged-document',
    ({ confirmation }) => ConfirmationKeys.entry(TENANT, confirmation),
    middle,
  ],
  ['a summary that lacks a confirmation', 'wrong-summary', summaryKey, edit(() => ({ confirmations: [] }))],
  ['a damaged summary', 'damaged-summary', summaryKey, truncate],
  ['damaged counts of a day', 'damaged-counts', ({ day }) => ConfirmationKeys.scoredDay(TENANT, day), truncate],
  [
    'a damaged document of keys',
    'damaged-keys',
    () => ObjectKeys.documentVersion(ObjectKeys.tenantKeysFolder(TENANT), 1),
    middle,
  ],
];
