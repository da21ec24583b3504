import { idTimeMs } from '@cytoqueue/storage';
import type { AuditLog, Outcome } from './audit';
import type { Principal } from './context';
import { toProblem } from './errors';

/** A client that polls reads one thing again and again: that is noted once in so long. */
const READ_AGAIN_MS = 10 * 60_000;
const MAX_READS = 10_000;
const DENIED: readonly number[] = [401, 403, 404, 410];

/** `getBatchResults` is `batch.get-results`, `createPrediction` is `prediction.create`. */
export function actionOf(operationId: string): string {
  const [verb = '', noun = '', ...rest] = operationId.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
  return `${noun}.${[verb, ...rest].join('-')}`;
}

/** What one call does, for the audit log. */
export interface Trail {
  /** The handler knows better than the address: what was made, which version was promoted. */
  resource: string;
  action: string;
  /** Notes that it was done, and waits until that is durable: before the answer, and before data leave the house. */
  done: () => Promise<void>;
  /** What was not noted by then: `done`, or what became of it. */
  end: (error?: unknown) => void;
}

/** What it needs to know of a route. */
export interface Traced {
  method: string;
  path: string;
  operation: { operationId: string };
  quiet?: boolean;
}

/** Begins a trail for every call; reads that were noted of late are passed over. */
export class AuditTrails {
  private readonly reads = new Map<string, number>();

  constructor(private readonly log: AuditLog) {}

  begin(principal: Principal, { method, path, operation, quiet }: Traced, id: string | undefined): Trail {
    let noted = false;
    const trail: Trail = {
      action: actionOf(operation.operationId),
      resource: resourceOf(path, id),
      done: async () => {
        noted = true;
        this.log.note(principal, trail.action, trail.resource);
        await this.log.flush();
      },
      end: (error) => {
        if (noted) return;
        const outcome = outcomeOf(error);
        if (quiet === true && outcome === 'done') return;
        const isRead = method === 'get' && outcome === 'done';
        if (isRead && this.wasReadOfLate(`${principal.tenant}/${principal.keyId} ${trail.action} ${trail.resource}`)) return;
        this.log.note(principal, trail.action, trail.resource, outcome);
      },
    };
    return trail;
  }

  private wasReadOfLate(read: string, nowMs = Date.now()): boolean {
    const lastMs = this.reads.get(read);
    if (lastMs !== undefined && nowMs - lastMs < READ_AGAIN_MS) return true;
    this.reads.delete(read);
    this.reads.set(read, nowMs);
    if (this.reads.size > MAX_READS) this.reads.delete(this.reads.keys().next().value as string);
    return false;
  }
}

/** Ids of ours only: whatever else stands in an address may be a patient's name. */
function resourceOf(path: string, id: string | undefined): string {
  const isOurs = id !== undefined && (idTimeMs('pred_', id) ?? idTimeMs('batch_', id)) !== undefined;
  return path.replace(/^\/v1\//, '').replace(/\{(\w+)\}.*$/, (_, name) => (name === 'id' && isOurs ? id : '?'));
}

function outcomeOf(error: unknown): Outcome {
  if (error === undefined) return 'done';
  return DENIED.includes(toProblem(error).status) ? 'denied' : 'failed';
}
