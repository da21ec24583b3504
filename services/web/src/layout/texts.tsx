import type { Role } from '@cytoqueue/client';

export const TEXTS = {
  opening: 'Opening Cytoqueue …',
  notOpened: 'Cytoqueue could not be opened',
  sessionUnread: 'The session could not be read.',
  skip: 'Skip to content',
  notResponding: 'The service is not responding. This page retries automatically; nothing you sent is lost.',
  footer: (
    <>
      <strong>Not a medical device.</strong> For research; a second opinion for trained readers, never the only basis of
      a diagnosis.
    </>
  ),
  modelsAndLimits: 'Models and their limits',
  api: 'API',
  roles: { member: 'member', operator: 'operator', admin: 'admin' } satisfies Record<Role, string>,
  navigation: {
    label: 'Pages',
    newRecord: 'New record',
    records: 'Records',
    batches: 'Batches',
    worklist: 'Worklist',
    performance: 'Performance',
    operations: 'Operations',
    models: 'Models',
    trainings: 'Trainings',
    audit: 'Audit',
    settings: 'Settings',
    help: 'Help',
  },
  sessionMenu: {
    key: (id: string) => `Key ${id}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
  },
  theme: {
    names: { system: 'system', light: 'light', dark: 'dark' },
    label: (theme: string, next: string) => `Colours: ${theme}. Change to ${next}.`,
  },
  noAccess: {
    title: 'No access',
    heading: 'You do not have access to this page',
    role: (role: string) => `You are signed in as ${role}.`,
    operator: 'Operators see the state of the service, but no patient records.',
    others: 'This page is for administrators and operators of the service.',
  },
  notFoundPage: {
    title: 'Not found',
    heading: 'There is no such page',
    incomplete: 'The address may be incomplete.',
    start: 'Go to the start',
  },
  routeErrorPage: {
    heading: 'This page could not be shown',
    missingFile: 'The service did not respond, or a newer version has been installed.',
    failed: 'The page itself failed.',
    nothingLost: 'Nothing that was sent is lost.',
    reload: 'Load it again',
  },
};
