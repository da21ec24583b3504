/** Error that the operator can act on: its message is shown without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
