/** Something about a file that keeps a model from being made of it. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  /** 1-based data row. */
  readonly row?: number;
}

const MAX_LISTED = 10;

/** A file that no model can be made of. The message is a report for whoever supplied the file. */
export class UntrainableError extends Error {
  override readonly name = 'UntrainableError';

  constructor(readonly problems: readonly Problem[]) {
    super(report(problems));
  }
}

function report(problems: readonly Problem[]): string {
  const codes = [...new Set(problems.map(({ code }) => code))];
  return codes.map((code) => reportCode(code, problems.filter((problem) => problem.code === code))).join('\n');
}

function reportCode(code: string, problems: readonly Problem[]): string {
  const listed = problems.slice(0, MAX_LISTED).map(({ row, detail }) => `  ${row === undefined ? '' : `data row ${row}: `}${detail}`);
  const unlisted = problems.length - listed.length;
  return [`${code} (${problems.length})`, ...listed, ...(unlisted > 0 ? [`  … and ${unlisted} more`] : [])].join('\n');
}
