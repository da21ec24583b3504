import { useRouteError } from 'react-router';
import { Notice } from '../ui/notice';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/**
 * Shown when a page threw or its script could not be loaded (a new version was installed, or the service is
 * unavailable).
 */
export function RouteErrorPage() {
  const error = useRouteError();
  const isMissingFile = error instanceof TypeError && /import|fetch|module/i.test(error.message);
  return (
    <div className={`${ui.stack} ${ui.page} ${ui.narrow}`}>
      <h1>{TEXTS.routeErrorPage.heading}</h1>
      <Notice tone="error">
        {isMissingFile ? TEXTS.routeErrorPage.missingFile : TEXTS.routeErrorPage.failed}{' '}
        {TEXTS.routeErrorPage.nothingLost}
      </Notice>
      <p>
        <a href={window.location.pathname}>{TEXTS.routeErrorPage.reload}</a>
      </p>
    </div>
  );
}
