/** Wrong usage of the command: exit status 2 and a hint to --help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
