import type { Role } from '@cytoqueue/client';
import { usePageTitle } from '../ui/page-title';
import { TEXTS } from './texts';

export function NoAccess({ role }: { role: Role }) {
  usePageTitle(TEXTS.noAccess.title);
  return (
    <div className="stack page narrow">
      <h1>{TEXTS.noAccess.heading}</h1>
      <p>
        {TEXTS.noAccess.role(TEXTS.roles[role])} {role === 'operator' ? TEXTS.noAccess.operator : TEXTS.noAccess.others}
      </p>
    </div>
  );
}
