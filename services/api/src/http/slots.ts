import { Problem } from './problem';

const RETRY_SECONDS = '5';

/** How many of something a tenant has open at once in this process. */
export class Slots {
  private readonly open = new Map<string, number>();

  constructor(
    private readonly what: string,
    private readonly limitOf: (tenant: string) => number,
  ) {}

  /** Holds a slot while the work runs. @throws Problem 429 when the tenant has all of its slots in use */
  async hold<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const limit = this.limitOf(tenant);
    const used = this.open.get(tenant) ?? 0;
    if (used >= limit) throw tooMany(`This tenant may have ${limit} ${this.what} at once.`);
    this.open.set(tenant, used + 1);
    try {
      return await work();
    } finally {
      this.open.set(tenant, (this.open.get(tenant) ?? 1) - 1);
    }
  }
}

function tooMany(detail: string): Problem {
  return new Problem('too-many-at-once', detail, { headers: { 'Retry-After': RETRY_SECONDS } });
}
