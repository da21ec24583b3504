import { ApiError, type Role } from '@cytoqueue/client';

export const KEYS_KEY = ['api-keys'] as const;

export const ROLE_LABELS: Readonly<Record<Role, string>> = {
  member: 'Member: records and files',
  operator: 'Operator: queue and workers, no patient data',
  admin: 'Administrator: everything of the laboratory',
};

/** Says that the own key was wrong in the place of the service's general sentence. */
export function keyErrorText(error: unknown, otherwise: string): string {
  return error instanceof ApiError && error.type === 'reauthentication-required'
    ? 'Your own key was not recognised; nothing was changed.'
    : otherwise;
}
