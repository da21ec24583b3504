import type { ModelPin } from './documents/documents';

/** The error of a record or batch whose own model was deleted before it was scored. */
export function modelDeletedError({ name, version }: ModelPin): { code: string; detail: string } {
  return {
    code: 'model-deleted',
    detail: `The model ${name}@${version} was deleted. Send the data again with another model.`,
  };
}
