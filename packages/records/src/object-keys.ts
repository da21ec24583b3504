import { InvalidKeyError } from '@cytoqueue/storage';
import {
  checkDigest,
  checkModel,
  checkName,
  isName,
  modelOfKeyPart,
  sortableNumber,
  sortableRow,
  tenantPrefix,
} from './key-parts';

/**
 * Creates and parses every object key of the product. External parts (tenants, ids, names, versions) must match
 * `[A-Za-z0-9._-]`, so that no key leaves its prefix. Functions that create a key throw `InvalidKeyError` for other parts.
 *
 *     tenants/{tenant}/predictions/{id}/request.json, result.json
 *     tenants/{tenant}/batches/{id}/input.csv, canonical.csv, batch.json, shards/00042.{name@version}.shard, damaged/00042.{name@version}.shard,
 *                                   evidence/17.json,
 *                                   runs/00001/run.json, cancel.json, failed.json, results.csv or results.json, errors.csv, changes.csv, manifest.json
 *     tenants/{tenant}/index/predictions/{last id}.{statuses}, index/batches/…   see status-index.ts
 *     tenants/{tenant}/reviews/{record id}/{review id}, reviews/{batch id}/{row}/{review id}
 *     tenants/{tenant}/trainings/{id}/…   see TrainingKeys
 *     tenants/{tenant}/idempotency/{hex SHA-256 of the key}
 *     pending/{tenant}/{id}, pending/{tenant}/runs/{id}.{run} from a batch's second run on
 *     models/{name}/{version}.json, champion.json, promotions/00002.json, comparisons/{version}/00001.json
 *     own-models/{tenant}/models/…   as models/, with deleted/{version}, artifacts/{version}/card.md
 *     audit/{tenant}/{id}
 *     settings/{tenant}/00001.json
 *     import-profiles/{tenant}/{name}.json
 *     confirmations/{tenant}/…, scored/{tenant}/…   see ConfirmationKeys
 *     access/keys-file/00001.json, access/tenants/{tenant}/00001.json, access/last-used/{tenant}.json
 *     shadow/settings/{model name}/00001.json, shadow/counts/{id}/{champion's version}/00001.json, shadow/pending/{tenant}/{batch id}
 *     probe/{id}
 */
export class ObjectKeys {
  /** Probe objects of running processes. */
  static readonly probeFolder = 'probe/';
  /** All pending markers. */
  static readonly pendingFolder = 'pending/';
  /** All tenants. */
  static readonly tenantsFolder = 'tenants/';
  /** All models. */
  static readonly modelsFolder = 'models/';
  /** Own models of all tenants. */
  static readonly ownModelsRoot = 'own-models/';

  /** Whether a tenant can have this name. */
  static isTenant(name: string): boolean {
    return isName(name);
  }

  static predictionsFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}predictions/`;
  }

  static predictionFolder(tenant: string, id: string): string {
    return `${ObjectKeys.predictionsFolder(tenant)}${checkName(id, 'id')}/`;
  }

  static predictionRequest(tenant: string, id: string): string {
    return `${ObjectKeys.predictionFolder(tenant, id)}request.json`;
  }

  static predictionCompletion(tenant: string, id: string): string {
    return `${ObjectKeys.predictionFolder(tenant, id)}result.json`;
  }

  static batchesFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}batches/`;
  }

  static batchFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchesFolder(tenant)}${checkName(id, 'id')}/`;
  }

  /** The uploaded file, unchanged, in any format. */
  static batchInput(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}input.csv`;
  }

  /** The rows of an upload that is not a plain file, as an import wrote them. */
  static batchCanonical(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}canonical.csv`;
  }

  /** Shards, model and options of a batch. Written after the input, and before the pending marker accepts the batch. */
  static batchDocument(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}batch.json`;
  }

  static shardsFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}shards/`;
  }

  /** @param shard 0-based @param model `name@version`; part of the key, so models never share a result */
  static shard(tenant: string, id: string, shard: number, model: string): string {
    return `${ObjectKeys.shardsFolder(tenant, id)}${sortableNumber(shard, 0, 'shard')}.${checkModel(model)}.shard`;
  }

  /** Returns undefined for any other key. */
  static parseShardKey(key: string): { shard: number; model: string } | undefined {
    const match = /\/shards\/(\d{5})\.([^/]+)\.shard$/.exec(key);
    return match ? { shard: Number(match[1]), model: modelOfKeyPart(match[2]!) } : undefined;
  }

  /** Keeps a damaged shard object after the shard was scored again. It is deleted with the batch. */
  static damagedShard(tenant: string, id: string, shard: number, model: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}damaged/${sortableNumber(shard, 0, 'shard')}.${checkModel(model)}.shard`;
  }

  /** Evidence of one row, computed on request. It is deleted with the batch. @param row 1-based */
  static rowEvidence(tenant: string, id: string, row: number): string {
    return `${ObjectKeys.batchFolder(tenant, id)}evidence/${row}.json`;
  }

  static runsFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}runs/`;
  }

  /** @param run 1-based; a retry opens the next run */
  static runFolder(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runsFolder(tenant, id)}${sortableNumber(run, 1, 'run')}/`;
  }

  /** Exists for every run except the first: when it was opened and which results it keeps. */
  static runDocument(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}run.json`;
  }

  /** A durable request to cancel the run. */
  static runCancel(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}cancel.json`;
  }

  /** The shards that count as failed: written once, so that every finalizer of the run writes the same files. */
  static runFailedShards(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}failed.json`;
  }

  static runResults(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}results.csv`;
  }

  /** Lists the parts of results that are not one object. */
  static runResultParts(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}results.json`;
  }

  static runErrors(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}errors.csv`;
  }

  /** For rescored batches. */
  static runChanges(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}changes.csv`;
  }

  /** Written last and once: a run with a manifest is complete. */
  static runManifest(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}manifest.json`;
  }

  /** Returns the run of a key or prefix below `runsFolder`, or undefined. */
  static parseRun(key: string): number | undefined {
    const match = /\/runs\/(\d{5})\//.exec(key);
    return match ? Number(match[1]) : undefined;
  }

  static statusIndexFolder(tenant: string, kind: 'predictions' | 'batches'): string {
    return `${tenantPrefix(tenant)}index/${kind}/`;
  }

  /** Second readers' decisions; beside the resources, so that the worker's role does not reach their notes. */
  static reviewsFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}reviews/`;
  }

  /** All reviews of a record, or of a batch's rows. */
  static resourceReviewsFolder(tenant: string, id: string): string {
    return `${ObjectKeys.reviewsFolder(tenant)}${checkName(id, 'id')}/`;
  }

  static rowReviewsFolder(tenant: string, batchId: string, row: number): string {
    return `${ObjectKeys.resourceReviewsFolder(tenant, batchId)}${sortableRow(row)}/`;
  }

  static idempotencyFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}idempotency/`;
  }

  static idempotency(tenant: string, sha256Hex: string): string {
    return `${ObjectKeys.idempotencyFolder(tenant)}${checkDigest(sha256Hex)}`;
  }

  /**
   * The pending marker of accepted, unfinished work: a prediction, a training or one run of a batch. One marker per
   * run, so that finishing a run never removes the marker of the next. Run 1 uses the key of earlier releases, which
   * ignore the longer keys of later runs.
   */
  static pending(tenant: string, id: string, run = 1): string {
    if (run === 1) return `${ObjectKeys.pendingFolder}${checkName(tenant, 'tenant')}/${checkName(id, 'id')}`;
    return `${ObjectKeys.pendingRunsPrefix(tenant, id)}${sortableNumber(run, 1, 'run')}`;
  }

  /** Prefix of the pending markers of a batch's second and later runs. */
  static pendingRunsPrefix(tenant: string, id: string): string {
    return `${ObjectKeys.pendingFolder}${checkName(tenant, 'tenant')}/runs/${checkName(id, 'id')}.`;
  }

  /** Returns undefined for any other key. */
  static parsePendingKey(key: string): { tenant: string; id: string; run: number } | undefined {
    const [, tenant, runs, id, run] = /^pending\/([^/]+)\/(runs\/)?([^/]+?)(?:\.(\d{5}))?$/.exec(key) ?? [];
    if (tenant === undefined || id === undefined || (runs === undefined) !== (run === undefined)) return undefined;
    if (!isName(tenant) || !isName(id)) return undefined;
    return { tenant, id, run: run === undefined ? 1 : Number(run) };
  }

  static probe(id: string): string {
    return `${ObjectKeys.probeFolder}${checkName(id, 'id')}`;
  }

  static modelFolder(name: string): string {
    return `${ObjectKeys.modelsFolder}${checkName(name, 'model name')}/`;
  }

  static model(name: string, version: string): string {
    if (version === 'champion') throw new InvalidKeyError('a model version must not be named champion');
    return `${ObjectKeys.modelFolder(name)}${checkName(version, 'model version')}.json`;
  }

  /** The first champion. */
  static champion(name: string): string {
    return `${ObjectKeys.modelFolder(name)}champion.json`;
  }

  static promotionsFolder(name: string): string {
    return `${ObjectKeys.modelFolder(name)}promotions/`;
  }

  /** @param number 1-based position in the history */
  static promotion(name: string, number: number): string {
    return `${ObjectKeys.promotionsFolder(name)}${sortableNumber(number, 1, 'promotion')}.json`;
  }

  /** Returns the position in the history, or undefined for any other key. */
  static parsePromotion(key: string): number | undefined {
    const match = /\/promotions\/(\d{5})\.json$/.exec(key);
    return match ? Number(match[1]) : undefined;
  }

  /** Comparisons of all versions of a name. */
  static allComparisonsFolder(name: string): string {
    return `${ObjectKeys.modelFolder(name)}comparisons/`;
  }

  /** Everything about a tenant's own models, below which the keys are those of shared models. Kept until it is deleted. */
  static ownModelsFolder(tenant: string): string {
    return `${ObjectKeys.ownModelsRoot}${checkName(tenant, 'tenant')}/`;
  }

  /** Marks of deleted own versions, whose numbers are not given again. */
  static deletedModelsFolder(name: string): string {
    return `${ObjectKeys.modelFolder(name)}deleted/`;
  }

  /** Card, evaluation and plots of own versions. */
  static allArtifactsFolder(name: string): string {
    return `${ObjectKeys.modelFolder(name)}artifacts/`;
  }

  static artifactsFolder(name: string, version: string): string {
    return `${ObjectKeys.allArtifactsFolder(name)}${checkName(version, 'model version')}/`;
  }

  static artifact(name: string, version: string, file: string): string {
    return `${ObjectKeys.artifactsFolder(name, version)}${checkName(file, 'file')}`;
  }

  static deletedModel(name: string, version: string): string {
    return `${ObjectKeys.deletedModelsFolder(name)}${checkName(version, 'model version')}`;
  }

  /** Versions of the document with a model version's comparisons; see VersionedDocument. */
  static comparisonsFolder(name: string, version: string): string {
    return `${ObjectKeys.allComparisonsFolder(name)}${checkName(version, 'model version')}/`;
  }

  /** Audit events of a tenant's keys; tenant `system` for commands. */
  static auditFolder(tenant: string): string {
    return `audit/${checkName(tenant, 'tenant')}/`;
  }

  /** JSON lines, oldest first. */
  static audit(tenant: string, id: string): string {
    return `${ObjectKeys.auditFolder(tenant)}${checkName(id, 'id')}`;
  }

  /** Documents about API keys. The worker's IAM role has no access. */
  static readonly accessFolder = 'access/';
  /** Versions of the operators' keys file; see VersionedDocument. */
  static readonly keysFileFolder = `${ObjectKeys.accessFolder}keys-file/`;

  /** Versions of the document with the keys that a tenant's admins created; see VersionedDocument. */
  static tenantKeysFolder(tenant: string): string {
    return `${ObjectKeys.accessFolder}tenants/${checkName(tenant, 'tenant')}/`;
  }

  /** The last day of use of each key of a tenant. */
  static lastUsed(tenant: string): string {
    return `${ObjectKeys.accessFolder}last-used/${checkName(tenant, 'tenant')}.json`;
  }

  /** Parses the key of a keys document; `tenant` is undefined for the operators' file. Returns undefined for any other key. */
  static parseAccessKey(key: string): { tenant: string | undefined; number: number } | undefined {
    const [, tenant, digits] = /^access\/(?:keys-file|tenants\/([^/]+))\/(\d{5})\.json$/.exec(key) ?? [];
    if (digits === undefined || (tenant !== undefined && !isName(tenant))) return undefined;
    return { tenant, number: Number(digits) };
  }

  /** All tenants' settings; they outlive the retention of what lies below `tenants/`. */
  static readonly settingsFolder = 'settings/';

  /** Versions of the document of a tenant's settings; see VersionedDocument. */
  static tenantSettingsFolder(tenant: string): string {
    return `${ObjectKeys.settingsFolder}${checkName(tenant, 'tenant')}/`;
  }

  /** All tenants' import profiles; like settings, they outlive the retention of what lies below `tenants/`. */
  static readonly importProfilesRoot = 'import-profiles/';

  static importProfilesFolder(tenant: string): string {
    return `${ObjectKeys.importProfilesRoot}${checkName(tenant, 'tenant')}/`;
  }

  static importProfile(tenant: string, name: string): string {
    return `${ObjectKeys.importProfilesFolder(tenant)}${checkName(name, 'profile name')}.json`;
  }

  /** Everything about shadow versions. */
  static readonly shadowFolder = 'shadow/';

  /** Versions of the document that names a model's shadow version; see VersionedDocument. */
  static shadowSettingFolder(name: string): string {
    return `${ObjectKeys.shadowFolder}settings/${checkName(name, 'model name')}/`;
  }

  /** All counts of one shadow. @param id of the setting */
  static shadowCountsRoot(id: string): string {
    return `${ObjectKeys.shadowFolder}counts/${checkName(id, 'id')}/`;
  }

  /** Versions of the document with a shadow's counts beside one champion; see VersionedDocument. */
  static shadowCountsFolder(id: string, championVersion: string): string {
    return `${ObjectKeys.shadowCountsRoot(id)}${checkName(championVersion, 'model version')}/`;
  }

  /** Batches that finish and that a shadow version will score. */
  static readonly shadowPendingFolder = `${ObjectKeys.shadowFolder}pending/`;

  static shadowPending(tenant: string, batchId: string): string {
    return `${ObjectKeys.shadowPendingFolder}${checkName(tenant, 'tenant')}/${checkName(batchId, 'id')}`;
  }

  /** Returns undefined for any other key. */
  static parseShadowPending(key: string): { tenant: string; batchId: string } | undefined {
    const [, tenant, batchId] = /^shadow\/pending\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
    if (tenant === undefined || batchId === undefined || !isName(tenant) || !isName(batchId)) return undefined;
    return { tenant, batchId };
  }

  /**
   * Five digits, and more above 99,999, so that a document can be replaced for years.
   * @param prefix of the document's versions @param number 1-based
   */
  static documentVersion(prefix: string, number: number): string {
    const digits = number > 99_999 && Number.isSafeInteger(number) ? number : sortableNumber(number, 1, 'version');
    return `${prefix}${digits}.json`;
  }

  /** Returns the number of a document's version, or undefined for any other key. */
  static parseDocumentVersion(prefix: string, key: string): number | undefined {
    const match = key.startsWith(prefix) ? /^(\d{5,15})\.json$/.exec(key.slice(prefix.length)) : null;
    return match ? Number(match[1]) : undefined;
  }
}
