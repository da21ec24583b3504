/** Something about a file that keeps a model from being made of it. */
export interface TrainingDataIssue {
  readonly code: string;
  readonly detail: string;
  /** 1-based data row. */
  readonly row?: number;
}

const MAX_LISTED = 10;

/** A file that no model can be made of. The message is a report for whoever supplied the file. */
export class InvalidTrainingFileError extends Error {
  override readonly name = 'UntrainableError';

  constructor(readonly issues: readonly TrainingDataIssue[]) {
    super(report(issues));
  }
}

function report(issues: readonly TrainingDataIssue[]): string {
  const codes = [...new Set(issues.map(({ code }) => code))];
  return codes
    .map((code) =>
      reportCode(
        code,
        issues.filter((problem) => problem.code === code),
      ),
    )
    .join('\n');
}

function reportCode(code: string, issues: readonly TrainingDataIssue[]): string {
  const listed = issues
    .slice(0, MAX_LISTED)
    .map(({ row, detail }) => `  ${row === undefined ? '' : `data row ${row}: `}${detail}`);
  const unlisted = issues.length - listed.length;
  return [`${code} (${issues.length})`, ...listed, ...(unlisted > 0 ? [`  … and ${unlisted} more`] : [])].join('\n');
}
