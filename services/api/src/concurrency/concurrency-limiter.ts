import { Problem } from '../http/problem';

const RETRY_AFTER_SECONDS = '5';

/** Limits the concurrent operations of each tenant in this process. */
export class ConcurrencyLimiter {
  private readonly activeCounts = new Map<string, number>();

  constructor(
    private readonly noun: string,
    private readonly limitOf: (tenant: string) => number,
  ) {}

  /** Runs the work as one of the tenant's operations. @throws Problem 429 when the tenant has reached its limit */
  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const limit = this.limitOf(tenant);
    const active = this.activeCounts.get(tenant) ?? 0;
    if (active >= limit)
      throw tooManyAtOnce(`This tenant is limited to ${limit} concurrent ${this.noun}. Wait until one has finished.`);
    this.activeCounts.set(tenant, active + 1);
    try {
      return await work();
    } finally {
      this.activeCounts.set(tenant, (this.activeCounts.get(tenant) ?? 1) - 1);
    }
  }
}

function tooManyAtOnce(detail: string): Problem {
  return new Problem('too-many-at-once', detail, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
}
