import { describeWith } from '../support/optional-tools';
import { WebStack } from '../support/web-app';
import { describeBundledPages } from './bundled-pages';
import { describeClinicianPages } from './clinician-pages';
import { describeKeyboard } from './keyboard-pages';
import { describeLabPages } from './lab-pages';
import { describeLayout } from './layout-pages';
import { describeOfflinePages } from './offline-pages';
import { describeOperatorPages } from './operator-pages';
import { describeServedFiles } from './served-files';

const PARTS = {
  clinician: describeClinicianPages,
  lab: describeLabPages,
  operator: describeOperatorPages,
  keyboard: describeKeyboard,
  layout: describeLayout,
  offline: describeOfflinePages,
  files: describeServedFiles,
  'bundled pages': describeBundledPages,
};

/**
 * The web app in a real browser. The files of this folder share one stack and run one after the other, so that a test may
 * pause the worker; each test has tenants of its own. One alone: `npx jest test/src/web/pages -t operator`.
 */
describeWith('Chromium', 'the web app', () => {
  let web: WebStack;

  beforeAll(async () => {
    web = await WebStack.start();
  });

  afterEach(() => web.closePages());

  afterAll(() => web?.stop());

  describe.each(Object.entries(PARTS))('%s', (_name, describePages) => {
    describePages(() => web.newPeople());
  });
});
