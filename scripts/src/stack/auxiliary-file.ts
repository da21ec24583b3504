const RETRY_MS = 1_000;

/**
 * File that describes the stack; no guarantee depends on it. A failed write, as on a full disk, is reported once and
 * repeated until it succeeds; it never ends the stack, which must keep its services running.
 */
export class AuxiliaryFile {
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  /** `write`: writes the current content. */
  constructor(
    private readonly write: () => void,
    private readonly onFailure: (error: Error) => void,
    private readonly retryMs = RETRY_MS,
  ) {}

  save(): void {
    this.cancel();
    try {
      this.write();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.onFailure(error as Error);
      this.#isFailing = true;
      this.#retry = setTimeout(() => this.save(), this.retryMs).unref();
    }
  }

  /** Cancels a pending retry. */
  cancel(): void {
    clearTimeout(this.#retry);
  }
}
