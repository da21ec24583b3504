import { setTimeout as sleep } from 'node:timers/promises';
import { lastLogError } from './last-log-error';
import type { ChildHandle } from './launch';
import { StackError } from './stack-error';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** After this uptime the count of consecutive crashes starts again at zero. */
const STABLE_AFTER_MS = 30_000;

/** A launched process. `ready` resolves when it is up and rejects when it never will be. */
export interface StartingChild extends ChildHandle {
  readonly ready: Promise<void>;
}

export interface SupervisorOptions {
  /** Name in messages. */
  name: string;
  logFile: string;
  launch: () => StartingChild;
  startDeadlineMs: number;
  stopDeadlineMs: number;
  /** Called when a process has ended and will be restarted. */
  onCrash: (event: { name: string; reason: string; consecutiveCrashes: number; delayMs: number }) => void;
  /** Called when the replacement of an ended process is up. */
  onRestart: () => void;
}

/** Delay before the next start: doubles with each consecutive crash, up to a maximum. */
export function restartDelayMs(consecutiveCrashes: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (consecutiveCrashes - 1), MAX_DELAY_MS);
}

/** Keeps one process running: restarts it whenever it ends, until `stop`. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #stopRequest = new AbortController();
  #current: StartingChild | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#current?.child.pid;
  }

  /** Resolves when the process is up. @throws StackError when it ends or is stopped before */
  async start(): Promise<void> {
    const current = this.#launch();
    const failure = await this.#untilReady(current);
    if (failure !== undefined)
      throw new StackError(`${this.#options.name} did not start (${failure})${lastLogError(this.#options.logFile)}`);
    void this.#keepRunning(current);
  }

  /**
   * SIGTERM, then SIGKILL at the deadline. Resolves when the process has ended; a second caller gets the same promise.
   */
  stop(): Promise<void> {
    this.#stopRequest.abort();
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  /** Does not replace the process when it ends. */
  stopRestarting(): void {
    this.#stopRequest.abort();
  }

  /** Sends SIGKILL. */
  kill(): void {
    this.#stopRequest.abort();
    this.#current?.child.kill('SIGKILL');
  }

  #launch(): StartingChild {
    this.#current = this.#options.launch();
    return this.#current;
  }

  /** Undefined when the process is up; otherwise the reason, and the process has ended. */
  async #untilReady({ child, ready, exited }: StartingChild): Promise<string | undefined> {
    const deadline = new AbortController();
    const late = sleep(this.#options.startDeadlineMs, 'did not answer in time', { signal: deadline.signal }).catch(
      () => undefined,
    );
    const failed = ready.then(
      () => undefined,
      (error: Error) => error.message,
    );
    const failure = await Promise.race([exited, failed, late]);
    deadline.abort();
    if (failure === undefined) return undefined;
    child.kill('SIGKILL');
    const ending = await exited;
    return ending === 'SIGKILL' ? failure : ending;
  }

  async #keepRunning(first: StartingChild): Promise<void> {
    let current = first;
    let readySince = Date.now();
    for (let consecutiveCrashes = 1; ; consecutiveCrashes++) {
      const reason = await current.exited;
      if (this.#stopRequest.signal.aborted) return;
      if (Date.now() - readySince > STABLE_AFTER_MS) consecutiveCrashes = 1;
      const delayMs = restartDelayMs(consecutiveCrashes);
      this.#options.onCrash({ name: this.#options.name, reason, consecutiveCrashes, delayMs });
      await sleep(delayMs, undefined, { signal: this.#stopRequest.signal }).catch(() => undefined);
      if (this.#stopRequest.signal.aborted) return;
      current = this.#launch();
      readySince = Number.POSITIVE_INFINITY;
      if ((await this.#untilReady(current)) !== undefined) continue;
      readySince = Date.now();
      this.#options.onRestart();
    }
  }

  async #end(): Promise<void> {
    if (this.#current === undefined) return;
    const { child, exited } = this.#current;
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), this.#options.stopDeadlineMs);
    await exited;
    clearTimeout(deadline);
  }
}
