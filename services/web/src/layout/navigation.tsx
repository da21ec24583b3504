import { NavLink } from 'react-router';
import type { Permissions } from '../session/use-session';

export function Navigation({ permissions }: { permissions: Permissions }) {
  const pages = [
    { to: '/predictions/new', name: 'New record', shown: permissions.records, end: true },
    { to: '/predictions', name: 'Records', shown: permissions.records, end: true },
    { to: '/batches', name: 'Batches', shown: permissions.records },
    { to: '/worklist', name: 'Worklist', shown: permissions.records },
    { to: '/performance', name: 'Performance', shown: permissions.records },
    { to: '/operations', name: 'Operations', shown: permissions.operations },
    { to: '/models', name: 'Models', shown: true },
    { to: '/trainings', name: 'Trainings', shown: permissions.admin },
    { to: '/audit', name: 'Audit', shown: permissions.admin },
    { to: '/settings', name: 'Settings', shown: permissions.admin },
    { to: '/help', name: 'Help', shown: true },
  ];
  return (
    <nav aria-label="Pages">
      <ul className="pages">
        {pages
          .filter(({ shown }) => shown)
          .map(({ to, name, end }) => (
            <li key={to}>
              <NavLink to={to} end={end}>
                {name}
              </NavLink>
            </li>
          ))}
      </ul>
    </nav>
  );
}
