import type { Model } from '@cytoqueue/classifier';

/** A parsed model and the bytes of its file, which a scoring thread parses again. */
export interface LoadedModel {
  model: Model;
  bytes: Buffer;
}

/** Keeps loaded models up to a number of bytes of their files; the least recently used ones are dropped. */
export class ModelCache {
  private readonly models = new Map<string, Promise<LoadedModel>>();
  private readonly sizes = new Map<string, number>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** Concurrent calls load once. A failed load is not kept. */
  get(key: string, load: () => Promise<LoadedModel>): Promise<LoadedModel> {
    const found = this.models.get(key);
    const loaded = found ?? load();
    this.models.delete(key);
    this.models.set(key, loaded);
    if (found === undefined)
      loaded.then(
        ({ bytes }) => this.account(key, loaded, bytes.length),
        () => this.models.get(key) === loaded && this.delete(key),
      );
    return loaded;
  }

  delete(key: string): void {
    this.models.delete(key);
    this.bytes -= this.sizes.get(key) ?? 0;
    this.sizes.delete(key);
  }

  private account(key: string, loaded: Promise<LoadedModel>, size: number): void {
    if (this.models.get(key) !== loaded) return;
    this.bytes += size;
    this.sizes.set(key, size);
    for (const oldest of this.models.keys()) {
      if (this.bytes <= this.maxBytes) return;
      // Dropping a model that is still being loaded would free nothing, and have it loaded twice.
      if (oldest !== key && this.sizes.has(oldest)) this.delete(oldest);
    }
  }
}
