import type { Gauge } from '@cytoqueue/metrics';
import type { ModelRegistry } from '@cytoqueue/registry';

/** Champions change rarely, and each look reads several documents. */
const MAX_AGE_MS = 60_000;

/** Counts the models whose champion is older than the version that this release ships (`newer_version`). */
export class OutdatedChampions {
  private counted: { count: number; atMs: number } | undefined;

  constructor(private readonly registry: Pick<ModelRegistry, 'list'>) {}

  /** No gauge while the store cannot be read. */
  async gauges(): Promise<Gauge[]> {
    const count = await this.read().catch(() => undefined);
    return count === undefined ? [] : [{ name: 'OutdatedChampions', queue: 'all', value: count }];
  }

  private async read(): Promise<number> {
    if (this.counted !== undefined && performance.now() - this.counted.atMs < MAX_AGE_MS) return this.counted.count;
    const models = await this.registry.list();
    const count = models.filter(({ newer_version: newer }) => newer !== null).length;
    this.counted = { count, atMs: performance.now() };
    return count;
  }
}
