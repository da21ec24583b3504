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

/**
 * The web app in a real browser. The files of this folder share one stack and run one after the other, so that a test may
 * pause the worker; each test has tenants of its own. One alone: `npx jest test/src/web/pages -t operator`.
 */
describeWith('Chromium', 'the web app', () => {
  let web: WebStack;

  beforeAll(async () => {
    web = await WebStack.start();
  });

  afterAll(() => web?.stop());

  const newPeople = () => web.newPeople();
  describe('clinician', () => describeClinicianPages(newPeople));
  describe('lab', () => describeLabPages(newPeople));
  describe('operator', () => describeOperatorPages(newPeople));
  describe('keyboard', () => describeKeyboard(newPeople));
  describe('layout', () => describeLayout(newPeople));
  describe('offline', () => describeOfflinePages(newPeople));
  describe('files', () => describeServedFiles(newPeople));
  describe('bundled pages', () => describeBundledPages(newPeople));
});
