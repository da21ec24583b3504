import { Link } from 'react-router';
import { usePageTitle } from '../ui/page-title';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function NotFoundPage() {
  usePageTitle(TEXTS.notFoundPage.title);
  return (
    <div className={`${ui.stack} ${ui.page} ${ui.narrow}`}>
      <h1>{TEXTS.notFoundPage.heading}</h1>
      <p>
        {TEXTS.notFoundPage.incomplete} <Link to="/">{TEXTS.notFoundPage.start}</Link>.
      </p>
    </div>
  );
}
