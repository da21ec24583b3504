/** A dependency that has not answered by then counts as away: whoever asks has less patience than a frozen one. */
const ANSWER_MS = 3_000;
/** Who asks within this time gets the same answer: health is open to everybody, and asking a store costs money. */
const SHARE_MS = 1_000;

/** Whether what a process needs answers. @see Readiness.missing */
export class Readiness {
  private latest: { untilMs: number; missing: Promise<string[]> } | undefined;

  /** By name; a check rejects while its dependency is away. */
  constructor(private readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>) {}

  /** Names of the dependencies that do not answer; empty = ready. */
  missing(): Promise<string[]> {
    const nowMs = performance.now();
    if (this.latest === undefined || this.latest.untilMs < nowMs) this.latest = { untilMs: nowMs + SHARE_MS, missing: this.look() };
    return this.latest.missing;
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
