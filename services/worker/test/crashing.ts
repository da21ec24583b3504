/** Thrown by every call after the simulated crash of a process. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

export interface CrashPoint {
  /** The number of the last call, from 1; calls of all wrapped parts are counted together. */
  call: number;
  /** Whether the last call takes effect before its response is lost. */
  effect: boolean;
}

/** Counts the calls of one job to its dependencies and simulates a crash in one of them. */
export class Crashing {
  private calls = 0;

  /** @param point undefined for a job that does not crash */
  constructor(private readonly point: CrashPoint | undefined) {}

  get crashed(): boolean {
    return this.point !== undefined && this.calls >= this.point.call;
  }

  /** Wraps a dependency so that its calls are counted. */
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
