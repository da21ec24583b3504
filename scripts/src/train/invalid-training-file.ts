import type { TrainingDataIssue } from '@cytoqueue/schema';

const MAX_LISTED = 10;

/** No model can be trained on the file. The message is a report for the person who supplied it. */
export class InvalidTrainingFileError extends Error {
  override readonly name = 'InvalidTrainingFileError';

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
