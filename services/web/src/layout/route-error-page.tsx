import { useRouteError } from 'react-router';
import { Notice } from '../ui/notice';

/** A page that broke, or whose file could not be fetched (a new version was installed meanwhile, or the service is away). */
export function RouteErrorPage() {
  const error = useRouteError();
  const isMissingFile = error instanceof TypeError && /import|fetch|module/i.test(error.message);
  return (
    <div className="stack page narrow">
      <h1>This page could not be shown</h1>
      <Notice tone="error">
        {isMissingFile
          ? 'The service did not answer, or a newer version has been installed.'
          : 'Something broke in the page itself.'}{' '}
        Nothing that was sent is lost.
      </Notice>
      <p>
        <a href={window.location.pathname}>Load it again</a>
      </p>
    </div>
  );
}
