import { NavLink } from 'react-router';
import type { Rights } from '../session/use-session';

export function Navigation({ rights }: { rights: Rights }) {
  const pages = [
    { to: '/predictions/new', name: 'New record', shown: rights.records, end: true },
    { to: '/predictions', name: 'Records', shown: rights.records, end: true },
    { to: '/batches', name: 'Batches', shown: rights.records },
    { to: '/operations', name: 'Operations', shown: rights.operations },
    { to: '/models', name: 'Models', shown: true },
    { to: '/audit', name: 'Audit', shown: rights.admin },
  ];
  return (
    <nav aria-label="Pages">
      <ul className="pages">
        {pages.filter(({ shown }) => shown).map(({ to, name, end }) => (
          <li key={to}>
            <NavLink to={to} end={end}>{name}</NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
