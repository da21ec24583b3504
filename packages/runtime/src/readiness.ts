import type { DependencyProblem } from './dependency-watch';

/** A dependency that has not answered by then counts as unreachable: callers of health checks have less patience. */
const ANSWER_MS = 3_000;

/** Whether what a process needs answers, and is fit for it by the last probe. */
export class Readiness {
  private looking: Promise<DependencyProblem[]> | undefined;

  /**
   * @param dependencies by name; a check rejects while its dependency is unreachable
   * @param watch what probes in the background have found
   */
  constructor(
    private readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>,
    private readonly watch: { problems: () => DependencyProblem[] } = { problems: () => [] },
  ) {}

  /** Empty = ready. Concurrent callers share one round of checks: health is open to everybody. */
  problems(): Promise<DependencyProblem[]> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async look(): Promise<DependencyProblem[]> {
    const entries = Object.entries(this.dependencies);
    const answered = await Promise.all(entries.map(([, check]) => answers(check)));
    const unreachable = entries.filter((_, index) => !answered[index]).map(([name]) => ({ name, reason: 'unreachable' }));
    const found = this.watch.problems();
    return [...unreachable.filter(({ name }) => !found.some((problem) => problem.name === name)), ...found];
  }
}

/** Such as `store (access-denied)`: nothing internal, for health is open to everybody. */
export function describeProblems(problems: readonly DependencyProblem[]): string {
  return problems.map(({ name, reason }) => `${name} (${reason})`).join(', ');
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ANSWER_MS)));
  const answer = check().then(() => true, () => false);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
