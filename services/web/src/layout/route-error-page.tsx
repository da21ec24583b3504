import { useRouteError } from 'react-router';
import { Notice } from '../ui/notice';

/**
 * Shown when a page threw or its script could not be loaded (a new version was installed, or the service is
 * unavailable).
 */
export function RouteErrorPage() {
  const error = useRouteError();
  const isMissingFile = error instanceof TypeError && /import|fetch|module/i.test(error.message);
  return (
    <div className="stack page narrow">
      <h1>This page could not be shown</h1>
      <Notice tone="error">
        {isMissingFile
          ? 'The service did not respond, or a newer version has been installed.'
          : 'The page itself failed.'}{' '}
        Nothing that was sent is lost.
      </Notice>
      <p>
        <a href={window.location.pathname}>Load it again</a>
      </p>
    </div>
  );
}
