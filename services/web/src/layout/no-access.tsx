import type { Role } from '@cytoqueue/client';
import { usePageTitle } from '../ui/page-title';

export function NoAccess({ role }: { role: Role }) {
  usePageTitle('No access');
  return (
    <div className="stack page narrow">
      <h1>You do not have access to this page</h1>
      <p>
        You are signed in as {role}.{' '}
        {role === 'operator'
          ? 'Operators see the state of the service, but no patient records.'
          : 'This page is for administrators and operators of the service.'}
      </p>
    </div>
  );
}
