import { idTimeMs } from '@cytoqueue/records';
import type { AuditLog, AuditOutcome } from './audit-log';
import type { Principal } from '../http/request-context';
import type { AuditEntry } from '../http/router';
import { toProblem } from '../to-problem';

/** Repeated reads of one resource by one key are audited once within this time, because clients poll. */
const READ_DEDUP_MS = 10 * 60_000;
const MAX_TRACKED_READS = 10_000;
const DENIED_STATUSES: readonly number[] = [401, 403, 404, 410];

/** `getBatchResults` is `batch.get-results`, `createPrediction` is `prediction.create`. */
export function actionOf(operationId: string): string {
  const [verb = '', noun = '', ...rest] = operationId.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
  return `${noun}.${[verb, ...rest].join('-')}`;
}

/** The properties of a route that decide how it is audited. */
export interface AuditedRoute {
  method: string;
  path: string;
  operation: { operationId: string };
  auditFailuresOnly?: boolean;
}

/** Creates the audit entry of every request and skips reads that were audited recently. */
export class RequestAuditor {
  private readonly recentReads = new Map<string, number>();
  private readonly actions = new Map<string, string>();

  constructor(private readonly log: AuditLog) {}

  start(
    principal: Principal,
    { method, path, operation, auditFailuresOnly }: AuditedRoute,
    id: string | undefined,
  ): AuditEntry {
    let isRecorded = false;
    const entry: AuditEntry = {
      action: this.actionOf(operation.operationId),
      resource: resourceOf(path, id),
      recordDurably: async () => {
        isRecorded = true;
        this.log.append(principal, entry.action, entry.resource);
        await this.log.flush();
      },
      finish: (error) => {
        if (isRecorded) return;
        const outcome = outcomeOf(error);
        if (auditFailuresOnly === true && outcome === 'done') return;
        const isRead = method === 'get' && outcome === 'done';
        if (
          isRead &&
          this.wasRecentlyAudited(`${principal.tenant}/${principal.keyId} ${entry.action} ${entry.resource}`)
        )
          return;
        this.log.append(principal, entry.action, entry.resource, outcome);
      },
    };
    return entry;
  }

  private actionOf(operationId: string): string {
    const action = this.actions.get(operationId) ?? actionOf(operationId);
    this.actions.set(operationId, action);
    return action;
  }

  private wasRecentlyAudited(read: string, nowMs = Date.now()): boolean {
    const lastMs = this.recentReads.get(read);
    if (lastMs !== undefined && nowMs - lastMs < READ_DEDUP_MS) return true;
    this.recentReads.delete(read);
    this.recentReads.set(read, nowMs);
    if (this.recentReads.size > MAX_TRACKED_READS)
      this.recentReads.delete(this.recentReads.keys().next().value as string);
    return false;
  }
}

const OWN_PREFIXES = ['pred_', 'batch_', 'conf_', 'training_'] as const;

/** Keeps only well-formed ids: anything else in an address may be a patient's name. */
function resourceOf(path: string, id: string | undefined): string {
  const isOwnId = id !== undefined && OWN_PREFIXES.some((prefix) => idTimeMs(prefix, id) !== undefined);
  return path.replace(/^\/v1\//, '').replace(/\{(\w+)\}.*$/, (_, name) => (name === 'id' && isOwnId ? id : '?'));
}

function outcomeOf(error: unknown): AuditOutcome {
  if (error === undefined) return 'done';
  return DENIED_STATUSES.includes(toProblem(error).status) ? 'denied' : 'failed';
}
