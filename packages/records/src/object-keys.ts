import { InvalidKeyError } from '@cytoqueue/storage';
import { checkDigest, checkModel, checkName, sortableNumber, sortableRow, isName, tenantPrefix } from './key-parts';

/**
 * Every object key of the product is made, and taken apart, here. What comes from outside (tenants, ids, names, versions)
 * is held to `[A-Za-z0-9._-]`, so that no key leaves its prefix. All functions throw `InvalidKeyError`.
 *
 *     tenants/{tenant}/predictions/{id}/request.json, result.json
 *     tenants/{tenant}/batches/{id}/input.csv, batch.json, shards/00042.{name@version}.shard, damaged/00042.{name@version}.shard,
 *                                   runs/00001/run.json, cancel.json, failed.json, results.csv, errors.csv, changes.csv, manifest.json
 *     tenants/{tenant}/index/predictions/{last id}.{statuses}, index/batches/…   see status-index.ts
 *     tenants/{tenant}/reviews/{record id}/{review id}, reviews/{batch id}/{row}/{review id}
 *     tenants/{tenant}/idempotency/{hex SHA-256 of the key}
 *     pending/{tenant}/{id}, pending/{tenant}/runs/{id}.{run} from a batch's second run on
 *     models/{name}/{version}.json, champion.json, promotions/00002.json
 *     audit/{tenant}/{id}
 *     settings/{tenant}/00001.json
 *     access/keys-file/00001.json, access/tenants/{tenant}/00001.json, access/last-used/{tenant}.json
 *     probe/{id}
 */
export class ObjectKeys {
  /** Objects of the probes of running processes. */
  static readonly probeFolder = 'probe/';
  /** All pending markers. */
  static readonly pendingFolder = 'pending/';
  /** All tenants. */
  static readonly tenantsFolder = 'tenants/';
  /** All models. */
  static readonly modelsFolder = 'models/';

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

  static predictionResult(tenant: string, id: string): string {
    return `${ObjectKeys.predictionFolder(tenant, id)}result.json`;
  }

  static batchesFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}batches/`;
  }

  static batchFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchesFolder(tenant)}${checkName(id, 'id')}/`;
  }

  static batchInput(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}input.csv`;
  }

  /** What was accepted: shards, model, options. Written after the input and before the 202. */
  static batchDocument(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}batch.json`;
  }

  static shardsFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}shards/`;
  }

  /** @param shard from 0. @param model `name@version`; part of the key, so another model never meets this one's result. */
  static shard(tenant: string, id: string, shard: number, model: string): string {
    return `${ObjectKeys.shardsFolder(tenant, id)}${sortableNumber(shard, 0, 'shard')}.${checkModel(model)}.shard`;
  }

  /** Undefined when the key is no shard's. */
  static parseShardKey(key: string): { shard: number; model: string } | undefined {
    const match = /\/shards\/(\d{5})\.([^/]+)\.shard$/.exec(key);
    return match ? { shard: Number(match[1]), model: match[2]! } : undefined;
  }

  /** Keeps a damaged shard object after the shard was scored again; below the batch, so that it is deleted with it. */
  static damagedShard(tenant: string, id: string, shard: number, model: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}damaged/${sortableNumber(shard, 0, 'shard')}.${checkModel(model)}.shard`;
  }

  static runsFolder(tenant: string, id: string): string {
    return `${ObjectKeys.batchFolder(tenant, id)}runs/`;
  }

  /** @param run from 1; a retry opens the next. */
  static runFolder(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runsFolder(tenant, id)}${sortableNumber(run, 1, 'run')}/`;
  }

  /** Of every run but the first: that it was opened, and what was finished before it. */
  static runDocument(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}run.json`;
  }

  /** A durable wish to cancel. */
  static runCancel(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}cancel.json`;
  }

  /** Which shards the finalizer took for failed: decided once, so that a second one writes the same files. */
  static runFailedShards(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}failed.json`;
  }

  static runResults(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}results.csv`;
  }

  static runErrors(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}errors.csv`;
  }

  /** Of a batch that rescores another. */
  static runChanges(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}changes.csv`;
  }

  /** Written last and once: a run that has one is complete. */
  static runManifest(tenant: string, id: string, run: number): string {
    return `${ObjectKeys.runFolder(tenant, id, run)}manifest.json`;
  }

  /** The run that a key or prefix below `runsPrefix` belongs to; undefined when it belongs to none. */
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
   * A marker that says: accepted, not terminal yet. One for each promise: a prediction, or one run of a batch, so that ending
   * one run never removes the promise of the next. Run 1 keeps the key that earlier versions use; they ignore the keys
   * of later runs, which have one segment more.
   */
  static pending(tenant: string, id: string, run = 1): string {
    if (run === 1) return `${ObjectKeys.pendingFolder}${checkName(tenant, 'tenant')}/${checkName(id, 'id')}`;
    return `${ObjectKeys.pendingRunsPrefix(tenant, id)}${sortableNumber(run, 1, 'run')}`;
  }

  /** The markers of a batch's second and later runs. */
  static pendingRunsPrefix(tenant: string, id: string): string {
    return `${ObjectKeys.pendingFolder}${checkName(tenant, 'tenant')}/runs/${checkName(id, 'id')}.`;
  }

  /** Undefined when the key is no pending marker's. */
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
    if (version === 'champion') throw new InvalidKeyError('no model version is called champion');
    return `${ObjectKeys.modelFolder(name)}${checkName(version, 'model version')}.json`;
  }

  /** Which version `name@champion` was first. */
  static champion(name: string): string {
    return `${ObjectKeys.modelFolder(name)}champion.json`;
  }

  static promotionsFolder(name: string): string {
    return `${ObjectKeys.modelFolder(name)}promotions/`;
  }

  /** @param number place in the history, from 1. */
  static promotion(name: string, number: number): string {
    return `${ObjectKeys.promotionsFolder(name)}${sortableNumber(number, 1, 'promotion')}.json`;
  }

  /** The place in the history; undefined when the key is no promotion's. */
  static parsePromotion(key: string): number | undefined {
    const match = /\/promotions\/(\d{5})\.json$/.exec(key);
    return match ? Number(match[1]) : undefined;
  }

  /** What was done by a tenant's keys; `system` for commands. */
  static auditFolder(tenant: string): string {
    return `audit/${checkName(tenant, 'tenant')}/`;
  }

  /** JSON lines, oldest first. */
  static audit(tenant: string, id: string): string {
    return `${ObjectKeys.auditFolder(tenant)}${checkName(id, 'id')}`;
  }

  /** Everything about API keys; closed to the worker's role. */
  static readonly accessFolder = 'access/';
  /** Versions of the operators' keys file; see VersionedDocument. */
  static readonly keysFileFolder = `${ObjectKeys.accessFolder}keys-file/`;

  /** Versions of the document of keys that a tenant's admins have created; see VersionedDocument. */
  static tenantKeysFolder(tenant: string): string {
    return `${ObjectKeys.accessFolder}tenants/${checkName(tenant, 'tenant')}/`;
  }

  /** On which day each of a tenant's keys was used last. */
  static lastUsed(tenant: string): string {
    return `${ObjectKeys.accessFolder}last-used/${checkName(tenant, 'tenant')}.json`;
  }

  /** The tenant of a document of keys, or undefined for the operators' file; undefined altogether when the key is neither's. */
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

  /** @param number from 1. @param prefix of the document's versions */
  static documentVersion(prefix: string, number: number): string {
    return `${prefix}${sortableNumber(number, 1, 'version')}.json`;
  }

  /** The number of a document's version; undefined when the key is none's. */
  static parseDocumentVersion(prefix: string, key: string): number | undefined {
    const match = key.startsWith(prefix) ? /^(\d{5})\.json$/.exec(key.slice(prefix.length)) : null;
    return match ? Number(match[1]) : undefined;
  }
}
