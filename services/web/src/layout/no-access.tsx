import type { Role } from '@cytoqueue/client';
import { usePageTitle } from '../ui/page-title';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function NoAccess({ role }: { role: Role }) {
  usePageTitle(TEXTS.noAccess.title);
  return (
    <div className={`${ui.stack} ${ui.page} ${ui.narrow}`}>
      <h1>{TEXTS.noAccess.heading}</h1>
      <p>
        {TEXTS.noAccess.role(TEXTS.roles[role])} {role === 'operator' ? TEXTS.noAccess.operator : TEXTS.noAccess.others}
      </p>
    </div>
  );
}
