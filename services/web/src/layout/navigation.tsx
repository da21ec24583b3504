import { NavLink } from 'react-router';
import type { Permissions } from '../session/use-session';
import { TEXTS } from './texts';
import styles from './layout.module.css';

export function Navigation({ permissions }: { permissions: Permissions }) {
  const pages = [
    { to: '/predictions/new', name: TEXTS.navigation.newRecord, shown: permissions.records, end: true },
    { to: '/predictions', name: TEXTS.navigation.records, shown: permissions.records, end: true },
    { to: '/batches', name: TEXTS.navigation.batches, shown: permissions.records },
    { to: '/worklist', name: TEXTS.navigation.worklist, shown: permissions.records },
    { to: '/performance', name: TEXTS.navigation.performance, shown: permissions.records },
    { to: '/operations', name: TEXTS.navigation.operations, shown: permissions.operations },
    { to: '/models', name: TEXTS.navigation.models, shown: true },
    { to: '/trainings', name: TEXTS.navigation.trainings, shown: permissions.admin },
    { to: '/audit', name: TEXTS.navigation.audit, shown: permissions.admin },
    { to: '/settings', name: TEXTS.navigation.settings, shown: permissions.admin },
    { to: '/help', name: TEXTS.navigation.help, shown: true },
  ];
  return (
    <nav aria-label={TEXTS.navigation.label}>
      <ul className={styles.pages}>
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
