import { Problem } from './problem';

const RETRY_AFTER_SECONDS = '5';

/** How many of something a tenant has open at once in this process. */
export class ConcurrencyLimiter {
  private readonly activeCounts = new Map<string, number>();

  constructor(
    private readonly noun: string,
    private readonly limitOf: (tenant: string) => number,
  ) {}

  /** Holds a slot while the work runs. @throws Problem 429 when the tenant has all of its slots in use */
  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const limit = this.limitOf(tenant);
    const active = this.activeCounts.get(tenant) ?? 0;
    if (active >= limit) throw tooManyAtOnce(`This tenant may have ${limit} ${this.noun} at once.`);
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
