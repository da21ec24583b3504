import { Link } from 'react-router';
import { usePageTitle } from '../ui/page-title';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <div className="stack page narrow">
      <h1>There is no such page</h1>
      <p>
        The address may be incomplete. <Link to="/">Go to the start</Link>.
      </p>
    </div>
  );
}
