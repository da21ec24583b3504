import { ApiError } from '@cytoqueue/client';
import { TEXTS } from './texts';

export const KEYS_KEY = ['api-keys'] as const;

/** Says that the own key was wrong in the place of the service's general sentence. */
export function keyErrorText(error: unknown, otherwise: string): string {
  return error instanceof ApiError && error.type === 'reauthentication-required' ? TEXTS.ownKeyUnknown : otherwise;
}
