/** A dependency that has not answered by then counts as away: whoever asks has less patience than a frozen one. */
const ANSWER_MS = 3_000;

/** Whether what a process needs answers. @see Readiness.missing */
export class Readiness {
  private looking: Promise<string[]> | undefined;

  /** By name; a check rejects while its dependency is away. */
  constructor(private readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>) {}

  /** Names of the dependencies that do not answer; empty = ready. Many who ask at once are asked for once: health is open to everybody. */
  missing(): Promise<string[]> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async look(): Promise<string[]> {
    const names = await Promise.all(Object.entries(this.dependencies).map(([name, check]) => answers(check).then((ok) => (ok ? [] : [name]))));
    return names.flat();
  }
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ANSWER_MS)));
  const answer = check().then(() => true, () => false);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
