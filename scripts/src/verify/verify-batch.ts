import { isDeepStrictEqual } from 'node:util';
import {
  type BatchDocument,
  type FileDigest,
  type ManifestDocument,
  ObjectKeys,
  RunFile,
  type RunFileName,
  type ShardCounts,
  addAgreement,
  emptyAgreement,
  emptyProbabilityBins,
  failedShardsShape,
  idTimeMs,
  manifestShape,
  parseBatchDocument,
  readDocument,
  runDocumentShape,
  shardKey,
  sumProbabilityBins,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectInfo, type ObjectStore, listAll } from '@cytoqueue/storage';
import { checkFile, checkRows, checkShard, checkSize } from './file-checks';
import { type Checks, FindingError } from './finding';

export const DAY_MS = 86_400_000;

export interface VerifyContext {
  store: ObjectStore;
  checks: Checks;
  /** Days after which input files are removed. */
  inputRetentionDays: number;
  /** Days after which a record or batch is removed. */
  retentionDays: number;
}

/** Checks every object of one batch against its description and its manifests. */
export async function verifyBatch(context: VerifyContext, tenant: string, id: string): Promise<void> {
  const objects = new Map<string, ObjectInfo>();
  for await (const info of listAll(context.store, ObjectKeys.batchFolder(tenant, id))) {
    objects.set(info.key, info);
    context.checks.bytes += info.size;
  }
  const key = ObjectKeys.batchDocument(tenant, id);
  // An upload that is not accepted (yet) has only its input and its canonical file.
  const uploaded = [ObjectKeys.batchInput(tenant, id), ObjectKeys.batchCanonical(tenant, id)];
  if (!objects.has(key) && [...objects.keys()].every((other) => uploaded.includes(other))) return;
  const batch = await context.checks.run(key, 'damaged-document', async () => {
    const runDocument = parseBatchDocument(key, await context.store.get(key));
    if (runDocument.id !== id) throw new ObjectCorruptError(key, 'it is the description of another batch');
    return runDocument;
  });
  if (batch !== undefined) await new BatchVerification(context, tenant, batch, objects).run();
}

class BatchVerification {
  private readonly shards = new Map<number, Awaited<ReturnType<typeof checkShard>> | undefined>();

  constructor(
    private readonly context: VerifyContext,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    private readonly objects: ReadonlyMap<string, ObjectInfo>,
  ) {}

  async run(): Promise<void> {
    await this.checkInputs();
    for (const info of this.objects.values()) await this.checkShardObject(info);
    const runs = [...new Set([...this.objects.keys()].map((key) => ObjectKeys.parseRun(key) ?? 1))].sort(
      (a, b) => a - b,
    );
    for (const run of runs) await this.checkRun(run, run === runs.at(-1));
  }

  /** Checks the uploaded file and, if there is one, the canonical file. */
  private async checkInputs(): Promise<void> {
    const { id, input, import: imported } = this.batch;
    await this.checkInput(ObjectKeys.batchInput(this.tenant, id), input);
    if (input.canonical === undefined) return;
    const canonical = { bytes: input.canonical.bytes, sha256: imported?.canonical_sha256 ?? '' };
    await this.checkInput(ObjectKeys.batchCanonical(this.tenant, id), canonical);
  }

  private async checkInput(key: string, digest: FileDigest): Promise<void> {
    const { store, checks, inputRetentionDays } = this.context;
    const info = this.objects.get(key);
    const isExpired = (idTimeMs('batch_', this.batch.id) ?? 0) + inputRetentionDays * DAY_MS <= Date.now();
    if (info === undefined && isExpired) return;
    await checks.run(key, 'damaged-input', () => {
      if (info === undefined) throw new FindingError('missing', `${key} is missing`);
      return checkFile(store, info, digest);
    });
  }

  private async checkShardObject(info: ObjectInfo): Promise<void> {
    if (info.key.includes('/damaged/')) return; // Moved away earlier; already reported.
    const parsed = ObjectKeys.parseShardKey(info.key);
    const { model, shards } = this.batch;
    if (parsed === undefined || parsed.model !== `${model.name}@${model.version}`) return;
    const checked = await this.context.checks.run(info.key, 'damaged-shard', () => {
      const shard = shards[parsed.shard];
      if (shard === undefined) throw new ObjectCorruptError(info.key, 'the batch has no such shard');
      return checkShard(this.context.store, info, shard.rows);
    });
    this.shards.set(parsed.shard, checked);
  }

  private async checkRun(run: number, isNewest: boolean): Promise<void> {
    const {
      tenant,
      batch: { id },
      context: { store, checks },
    } = this;
    const runKey = ObjectKeys.runDocument(tenant, id, run);
    if (run > 1) {
      await checks.run(runKey, 'damaged-document', async () => {
        if ((await readDocument(store, runKey, runDocumentShape)).run !== run)
          throw new ObjectCorruptError(runKey, 'it describes another run');
      });
    }
    const failedKey = ObjectKeys.runFailedShards(tenant, id, run);
    if (this.objects.has(failedKey))
      await checks.run(failedKey, 'damaged-document', () => readDocument(store, failedKey, failedShardsShape));
    const key = ObjectKeys.runManifest(tenant, id, run);
    if (!this.objects.has(key)) return isNewest ? this.checkListed(run) : undefined;
    const manifest = await checks.run(key, 'damaged-document', () => readDocument(store, key, manifestShape));
    if (manifest !== undefined) await this.checkManifest(key, run, manifest, isNewest);
  }

  /** Checks an unfinished run: without its marker it never ends when Redis loses the job. */
  private async checkListed(run: number): Promise<void> {
    const {
      tenant,
      batch: { id },
      context: { store, checks },
    } = this;
    const hasRunObject = [...this.objects.keys()].some(
      (key) => ObjectKeys.parseRun(key) !== undefined || ObjectKeys.parseShardKey(key) !== undefined,
    );
    const key = ObjectKeys.pending(tenant, id, run);
    // Without any object of a run it may be an upload that was never accepted.
    if (!hasRunObject || (await store.head(key)) !== undefined) return;
    checks.add(
      ObjectKeys.runManifest(tenant, id, run),
      'not-listed-as-unfinished',
      `the run has no manifest, and ${key} is missing`,
    );
  }

  private async checkManifest(key: string, run: number, manifest: ManifestDocument, isNewest: boolean): Promise<void> {
    const {
      batch,
      context: { checks },
    } = this;
    const { counts } = manifest;
    await checks.run(key, 'wrong-counts', () => {
      const sum = counts.pending + counts.succeeded + counts.rejected + counts.failed;
      if (manifest.run !== run || counts.total !== batch.rows || sum !== batch.rows)
        throw new ObjectCorruptError(key, 'its counts do not add up to the rows of the batch');
    });
    await this.checkResults(key, run, manifest);
    await this.checkRunFile(run, 'errors', manifest.errors, counts.rejected + counts.failed);
    await this.checkRunFile(run, 'changes', manifest.changes, manifest.changed_rows ?? 0);
    if (isNewest && manifest.results !== undefined) this.checkShardCounts(key, manifest);
  }

  /** Counts rows by `row_status`, the second column after those of the input. */
  private async checkResults(key: string, run: number, { results, counts }: ManifestDocument): Promise<void> {
    const {
      batch,
      context: { checks },
    } = this;
    const rows = await this.checkRunFile(run, 'results', results, counts.total, batch.input.columns.length + 1);
    if (rows === undefined) return;
    const found = { ok: counts.succeeded, rejected: counts.rejected, failed: counts.failed };
    for (const [status, counted] of Object.entries(found)) {
      if ((rows.get(status) ?? 0) !== counted)
        checks.add(
          key,
          'wrong-counts',
          `${key} counts ${counted} rows that are ${status}, its results have ${rows.get(status) ?? 0}`,
        );
    }
  }

  private async checkRunFile(
    run: number,
    name: RunFileName,
    digest: FileDigest | undefined,
    rows: number,
    column?: number,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    if (digest === undefined) return undefined;
    const { tenant, batch, context } = this;
    const file = new RunFile(context.store, tenant, batch, run, name, digest);
    return context.checks.run(file.key, 'damaged-results', () => {
      const info = this.objects.get(file.key);
      if (info === undefined) throw new FindingError('missing', `${file.key} is missing`);
      if (digest.composed !== true) checkSize(info, digest);
      return checkRows(file, { ...digest, rows, dialect: batch.input.dialect }, column);
    });
  }

  /** Shard objects of the newest run. */
  private checkShardCounts(
    key: string,
    { counts: { succeeded, rejected }, summary, failed_shards, agreement, probabilities }: ManifestDocument,
  ): void {
    const {
      tenant,
      batch,
      context: { checks },
    } = this;
    const scored = batch.shards.map((_, shard) => shard).filter((shard) => !failed_shards.includes(shard));
    const missing = scored.filter((shard) => !this.shards.has(shard));
    for (const shard of missing) {
      const own = shardKey(tenant, batch, shard);
      checks.add(own, 'missing-shard', `${own} is missing`);
    }
    const known = scored.map((shard) => this.shards.get(shard)).filter((checked) => checked !== undefined);
    if (known.length < scored.length) return;
    for (const [name, counted] of Object.entries({ succeeded, rejected, ...summary })) {
      const sum = known.reduce((total, { counts }) => total + counts[name as keyof ShardCounts], 0);
      // Shards of earlier releases do not count confident answers, which makes the sum NaN.
      if (!Number.isNaN(sum) && sum !== counted)
        checks.add(key, 'wrong-counts', `${key} counts ${counted} rows as ${name}, its shards ${sum}`);
    }
    const bins = known.reduce<readonly number[] | undefined>(
      (sum, shard) => sumProbabilityBins(sum, shard.probabilities),
      emptyProbabilityBins(),
    );
    if (probabilities !== undefined && bins !== undefined && !isDeepStrictEqual(probabilities, bins))
      checks.add(key, 'wrong-counts', `the probability histogram of ${key} is not the sum of its shards`);
    // Shards of earlier releases have no such counts.
    if (agreement === undefined || known.some((shard) => shard.agreement === undefined)) return;
    const total = emptyAgreement();
    for (const shard of known) addAgreement(total, shard.agreement ?? emptyAgreement());
    const { column: _, ...counted } = agreement;
    if (!isDeepStrictEqual(counted, total))
      checks.add(key, 'wrong-counts', `the agreement of ${key} is not the sum of its shards`);
  }
}
