/** As from a process that is gone: nothing it does has an effect any more. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

export interface CrashPoint {
  /** Number of the call that is the last, from 1; calls of all parts count together. */
  call: number;
  /** Whether that call still has its effect: its answer is lost then. */
  effect: boolean;
}

/** Counts the calls that one job makes to the parts it is given, and lets it die in one of them. */
export class Crashing {
  private calls = 0;

  /** `point`: undefined for a job that lives. */
  constructor(private readonly point: CrashPoint | undefined) {}

  get crashed(): boolean {
    return this.point !== undefined && this.calls >= this.point.call;
  }

  /** The part, with every method of it that is called counted. */
  wrap<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function'
          ? (...args: unknown[]) => this.call(() => Reflect.apply(member, target, args) as unknown)
          : member;
      },
    });
  }

  private async call(work: () => unknown): Promise<unknown> {
    const { point } = this;
    if (point === undefined) return work();
    const number = ++this.calls;
    if (number < point.call) return work();
    if (number === point.call && point.effect) await work();
    throw new CrashError(`crashed in call ${number}`);
  }
}
