/** The command was called wrongly: exit status 2, with a hint where to read on. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
