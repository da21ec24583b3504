import {
  type DamageReport,
  ObjectKeys,
  type ProbabilityFields,
  listNewestFirst,
  probabilityOf,
} from '@cytoqueue/records';
import {
  ObjectNotFoundError,
  ObjectUnreadableError,
  StoreUnavailableError,
  listAll,
  listFolders,
} from '@cytoqueue/storage';
import type { z } from 'zod';
import { BatchRows, type BatchRowsDeps } from '../batches/rows/batch-rows';
import type { RowFilter } from '../batches/rows/result-row';
import { Problem } from '../http/problem';
import { type PredictionResponseDeps, readListedPrediction } from '../predictions/prediction-response';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { worklistItem } from './openapi';

export type WorklistItem = z.output<typeof worklistItem>;

export type WorklistDeps = BatchRowsDeps &
  PredictionResponseDeps & { damage: DamageReport; retention: Pick<RetentionPolicy, 'isExpired'> };

/** A position in the list: after a record, or after a row of a batch. */
export interface WorklistCursor {
  id: string;
  row?: number;
}

interface Step {
  cursor: WorklistCursor;
  /** Absent when there is nothing to review at this position. */
  item?: WorklistItem;
  /** Amount read to reach this position, in records. */
  effort: number;
}

const IDS_AT_ONCE = 16;
/** Cost in records of a page of a batch's rows, and of each shard that is read for it. */
const PAGE_EFFORT = 10;
const SHARD_EFFORT = 25;
const MAX_EFFORT = 500;
/** A row number after every row. */
const LAST_ROW = 999_999_999;

/** Records and rows without a review, newest record or batch first, input order within a batch. */
export class Worklist {
  constructor(
    private readonly deps: WorklistDeps,
    private readonly tenant: string,
    private readonly outcome: RowFilter['outcome'],
  ) {}

  /** Ends early after reading very many items: such a page is short or empty, and more pages follow. */
  async page(
    after: WorklistCursor | undefined,
    limit: number,
  ): Promise<{ data: WorklistItem[]; last: WorklistCursor | undefined; hasMore: boolean }> {
    const data: WorklistItem[] = [];
    let last: WorklistCursor | undefined;
    let effort = 0;
    for await (const step of this.steps(after, limit)) {
      if (step.item !== undefined && data.length === limit) return { data, last, hasMore: true };
      if (step.item !== undefined) data.push(step.item);
      if (step.item !== undefined || data.length < limit) last = step.cursor;
      effort += step.effort;
      if (effort >= MAX_EFFORT) return { data, last, hasMore: true };
    }
    return { data, last, hasMore: false };
  }

  private async *steps(after: WorklistCursor | undefined, limit: number): AsyncGenerator<Step> {
    if (after?.row !== undefined) yield* this.batchSteps(after.id, after.row, limit);
    const ids = this.resourceIds(after?.id);
    for (;;) {
      const some: string[] = [];
      for (let next = await ids.next(); next.done !== true; next = await ids.next()) {
        if (some.push(next.value) === IDS_AT_ONCE) break;
      }
      if (some.length === 0) return;
      const items = await Promise.all(
        some.map((id) => (id.startsWith('pred_') ? this.predictionItem(id) : Promise.resolve(undefined))),
      );
      this.deps.quotas.rateLimit.addCost(this.tenant, 1);
      for (const [index, id] of some.entries()) {
        if (id.startsWith('pred_')) yield { cursor: { id }, item: items[index], effort: 1 };
        else yield* this.batchSteps(id, 0, limit);
      }
    }
  }

  /** Records and finished batches, newest first. @param after exclusive */
  private async *resourceIds(after: string | undefined): AsyncGenerator<string> {
    const start = after?.slice(after.indexOf('_') + 1);
    const [records, batches] = [
      this.idsOf('pred_', ObjectKeys.predictionsFolder(this.tenant), start),
      this.idsOf('batch_', ObjectKeys.batchesFolder(this.tenant), start),
    ];
    let [record, batch] = await Promise.all([records.next(), batches.next()]);
    while (record.done !== true || batch.done !== true) {
      const isRecord =
        batch.done === true ||
        (record.done !== true && record.value.slice('pred_'.length) > batch.value.slice('batch_'.length));
      if (isRecord) {
        yield record.value as string;
        record = await records.next();
      } else {
        yield batch.value as string;
        batch = await batches.next();
      }
    }
  }

  /** @param start the part of an id after its prefix, of a resource of either kind */
  private async *idsOf(
    idPrefix: 'pred_' | 'batch_',
    prefix: string,
    start: string | undefined,
  ): AsyncGenerator<string> {
    const { store, retention } = this.deps;
    for (let before = start === undefined ? undefined : idPrefix + start; ;) {
      const { ids, hasMore } = await listNewestFirst(store, { prefix, idPrefix, before, limit: 100 });
      for (const id of ids) {
        // All later ones have expired too.
        if (retention.isExpired(id)) return;
        yield id;
      }
      if (!hasMore) return;
      before = ids.at(-1);
    }
  }

  private async predictionItem(id: string): Promise<WorklistItem | undefined> {
    const view = await readListedPrediction(this.deps, this.tenant, id);
    if (view?.status !== 'succeeded' || view.result === undefined) return undefined;
    const { outcome, reasons } = view.result as PredictionOutcome;
    if (this.outcome !== undefined && outcome !== this.outcome) return undefined;
    const reviews = this.listReviews(listAll(this.deps.store, ObjectKeys.resourceReviewsFolder(this.tenant, id)));
    if ((await reviews.next()).done !== true) return undefined;
    return {
      id,
      prediction_id: id,
      sample_id: (view['sample_id'] as string | undefined) ?? null,
      outcome,
      reasons,
      probability: probabilityOf(view.result as PredictionOutcome),
      created_at: String(view['created_at']),
    };
  }

  /** An unfinished or unreadable batch hides no other. */
  private async *batchSteps(id: string, after: number, limit: number): AsyncGenerator<Step> {
    try {
      yield* this.unreviewedRows(id, after, limit);
    } catch (error) {
      if (error instanceof StoreUnavailableError && !(error instanceof ObjectUnreadableError)) throw error;
      // A problem without a cause is expected: the batch has no rows, or none yet.
      const fault = error instanceof Problem ? error.cause : error;
      if (fault !== undefined && !(fault instanceof ObjectNotFoundError))
        this.deps.damage.report(ObjectKeys.batchFolder(this.tenant, id), fault);
    }
    yield { cursor: { id, row: LAST_ROW }, effort: 1 };
  }

  private async *unreviewedRows(id: string, start: number, limit: number): AsyncGenerator<Step> {
    const rows = await BatchRows.open(this.deps, this.tenant, id);
    const reviewed = new ReviewedRows(this.reviewedRows(id, start));
    for (let after = start; ;) {
      const filter = { outcome: this.outcome };
      const { data, lastRow, hasMore, readShards } = await rows.page(filter, { after, limit: limit + 1 });
      for (const { row, sample_id, result } of data) {
        if (result === undefined || (await reviewed.has(row))) continue;
        const { outcome, reasons } = result;
        const probability = probabilityOf(result);
        const { created_at, filename } = rows.batch;
        const place = { id: `${id}.${row}`, batch_id: id, row, filename };
        yield {
          cursor: { id, row },
          item: { ...place, sample_id, outcome, reasons, probability, created_at },
          effort: 0,
        };
      }
      after = lastRow ?? LAST_ROW;
      yield { cursor: { id, row: hasMore ? after : LAST_ROW }, effort: PAGE_EFFORT + SHARD_EFFORT * readShards };
      if (!hasMore || lastRow === null) return;
    }
  }

  /** Rows after `start` that have a review. */
  private reviewedRows(id: string, start: number): AsyncGenerator<string> {
    const from = start === 0 ? undefined : ObjectKeys.rowReviewsFolder(this.tenant, id, start);
    return this.listReviews(listFolders(this.deps.store, ObjectKeys.resourceReviewsFolder(this.tenant, id), from));
  }

  /** An unreadable folder of reviews counts as empty, so that it hides no record or row. */
  private async *listReviews<T>(listing: AsyncGenerator<T>): AsyncGenerator<T> {
    try {
      yield* listing;
    } catch (error) {
      if (!(error instanceof ObjectUnreadableError)) throw error;
      this.deps.damage.report(error.key, error);
    }
  }
}

/** Checks for rows in ascending order whether they have a review, and reads only as much of the listing as needed. */
class ReviewedRows {
  private nextRow = 0;

  constructor(private readonly rows: AsyncGenerator<string>) {}

  async has(row: number): Promise<boolean> {
    while (this.nextRow < row) {
      const { done, value } = await this.rows.next();
      this.nextRow = done === true ? Infinity : Number(value);
    }
    return this.nextRow === row;
  }
}

interface PredictionOutcome extends ProbabilityFields {
  outcome: WorklistItem['outcome'];
  reasons: string[];
}
