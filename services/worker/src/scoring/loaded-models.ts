import { Classifier } from '@cytoqueue/classifier';
import { PredictionCache } from './prediction-cache';
import { RowExplainer } from './row-explainer';
import type { ShardTask, TaskModel } from './shard-task';

/** Models that a thread keeps. A model file holds its training rows, so those of other tenants must not pile up. */
const MAX_MODELS = 8;
/** Bytes of their files, beside the model in use. What is made of a file takes about as much again. */
const MAX_MODEL_BYTES = 64 * 1024 * 1024;
/** A full cache takes some 15 MB. */
const MAX_CACHES = 2;

interface LoadedModel {
  fileBytes: number;
  classifier: Classifier;
  explainer?: RowExplainer;
}

/** The models of one scoring thread that were used last, with their explainers and prediction caches. */
export class LoadedModels {
  /** By digest, the least recently used first. */
  private readonly models = new Map<string, LoadedModel>();
  /** By model digest, operating point and delimiter, on which the cached text depends. */
  private readonly caches = new Map<string, PredictionCache>();

  constructor(
    private readonly maxModels = MAX_MODELS,
    private readonly maxBytes = MAX_MODEL_BYTES,
  ) {}

  classifierFor(model: TaskModel): Classifier {
    return this.load(model).classifier;
  }

  /** Creates the explainer with its first use: most batches need none. */
  explainerFor(model: TaskModel): RowExplainer {
    const loaded = this.load(model);
    return (loaded.explainer ??= new RowExplainer(loaded.classifier.model));
  }

  /** Undefined for a model whose samples cannot be cached. */
  cacheFor({ model, options, dialect }: ShardTask): PredictionCache | undefined {
    const classifier = this.classifierFor(model);
    if (!PredictionCache.supports(classifier)) return undefined;
    const key = [model.digest, options.operating_point, dialect.delimiter].join();
    let cache = this.caches.get(key);
    if (cache !== undefined) return cache;
    this.caches.set(key, (cache = new PredictionCache(classifier, options.operating_point)));
    if (this.caches.size > MAX_CACHES) this.caches.delete(this.caches.keys().next().value as string);
    return cache;
  }

  clearCaches(): void {
    this.caches.clear();
  }

  private load({ digest, bytes }: TaskModel): LoadedModel {
    const loaded = this.models.get(digest) ?? { classifier: Classifier.load(bytes), fileBytes: bytes.length };
    this.models.delete(digest);
    this.models.set(digest, loaded);
    for (const oldest of this.models.keys()) {
      if (oldest === digest || !this.isFull()) break;
      this.evict(oldest);
    }
    return loaded;
  }

  private isFull(): boolean {
    const bytes = [...this.models.values()].reduce((sum, { fileBytes }) => sum + fileBytes, 0);
    return this.models.size > this.maxModels || bytes > this.maxBytes;
  }

  private evict(digest: string): void {
    this.models.delete(digest);
    for (const key of this.caches.keys()) if (key.startsWith(`${digest},`)) this.caches.delete(key);
  }
}
