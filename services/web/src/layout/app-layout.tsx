import { Suspense, useEffect, useRef } from 'react';
import { Link, Navigate, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { withBasePath } from '../api/base-path';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { DraftProvider } from '../predictions/form/draft-context';
import { permissionsOf, useSessionQuery } from '../session/use-session';
import { ConnectionBanner } from './connection-banner';
import { Navigation } from './navigation';
import { NoAccess } from './no-access';
import { SessionMenu } from './session-menu';
import { Wordmark } from './wordmark';
import { TEXTS } from './texts';
import styles from './layout.module.css';
import { StartPage } from './start-page';

/** Header, navigation and footer of every page. Without a session only the sign-in link is shown. */
export function AppLayout() {
  const { data: session, error, refetch } = useSessionQuery();
  const { pathname } = useLocation();
  const { state } = useNavigation();
  const main = useFocusOnNewPage(pathname);
  if (session === undefined)
    return (
      <>
        <ConnectionBanner />
        {error === null ? (
          <Loading>{TEXTS.opening}</Loading>
        ) : (
          <StartPage>
            <h1>{TEXTS.notOpened}</h1>
            <ErrorNotice error={error} what={TEXTS.sessionUnread} onRetry={() => void refetch()} />
          </StartPage>
        )}
      </>
    );
  if (session === null) return <Navigate to="/sign-in" state={{ from: pathname }} replace />;
  const permissions = permissionsOf(session);
  return (
    <div className={styles.shell}>
      <a className={styles.skipLink} href="#main">
        {TEXTS.skip}
      </a>
      <header className={styles.top}>
        <Link to="/" className={styles.home}>
          <Wordmark />
        </Link>
        <Navigation permissions={permissions} />
        <SessionMenu session={session} />
      </header>
      <ConnectionBanner />
      <main id="main" tabIndex={-1} ref={main} aria-busy={state === 'loading'}>
        <Suspense fallback={<Loading />}>
          {canOpen(pathname, permissions) ? (
            <DraftProvider key={session.tenant} tenant={session.tenant}>
              <Outlet />
            </DraftProvider>
          ) : (
            <NoAccess role={session.role} />
          )}
        </Suspense>
      </main>
      <footer className={styles.foot}>
        <p>{TEXTS.footer}</p>
        <p>
          <Link to="/models">{TEXTS.modelsAndLimits}</Link> · <a href={withBasePath('/docs')}>{TEXTS.api}</a>
        </p>
      </footer>
      <ScrollRestoration />
    </div>
  );
}

function canOpen(pathname: string, { records, operations, admin }: ReturnType<typeof permissionsOf>): boolean {
  if (/^\/(predictions|batches|worklist|performance|import-profiles)(\/|$)/.test(pathname)) return records;
  if (pathname.startsWith('/operations')) return operations;
  return !/^\/(audit|settings|api-keys|trainings)(\/|$)/.test(pathname) || admin;
}

/** Moves the focus to the top of the new page, as a page load would, for screen readers and keyboards. */
function useFocusOnNewPage(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
