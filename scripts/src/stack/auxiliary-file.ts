const RETRY_MS = 1_000;

/**
 * A file that describes the stack but that nothing promised depends on. A write that fails, as on a full disk, is reported once and
 * repeated until it succeeds; it never ends the stack, which must keep its services running.
 */
export class AuxiliaryFile {
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  /** `write`: puts the present content into the file. */
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

  /** The file is not written again by a pending retry. */
  cancel(): void {
    clearTimeout(this.#retry);
  }
}
