import type { Environment } from '../stack/launch';

export interface BenchOptions {
  /** Environment of the services; a benchmark adds its own variables. */
  readonly environment: Environment;
  /** Rows of a batch; each benchmark has its own default. */
  readonly rows?: number;
  /** Rounds of each measurement; the median counts. */
  readonly rounds: number;
  /** Adds the measurements that take minutes: cost by number of training rows, memory of ten million rows. */
  readonly large: boolean;
  /** Python interpreter with scikit-learn and faiss; default: the system's. */
  readonly python?: string;
}
