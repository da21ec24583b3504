import { describeWith } from '../support/optional-tools';
import { WebStack } from '../support/web-app';
import { describeBundledPages } from './bundled-pages.test.cases';
import { describeClinicianPages } from './clinician.test.cases';
import { describeFirstLoad } from './first-load.test.cases';
import { describeKeyboard } from './keyboard.test.cases';
import { describeLabPages } from './lab.test.cases';
import { describeLayout } from './layout.test.cases';
import { describeOfflinePages } from './offline.test.cases';
import { describeOperatorPages } from './operator.test.cases';
import { describeRightPatient } from './right-patient.test.cases';
import { describeServedFiles } from './served-files.test.cases';
import { describeTrainingPages } from './training.test.cases';

const PARTS = {
  clinician: describeClinicianPages,
  'right patient': describeRightPatient,
  lab: describeLabPages,
  operator: describeOperatorPages,
  keyboard: describeKeyboard,
  layout: describeLayout,
  offline: describeOfflinePages,
  files: describeServedFiles,
  'first load': describeFirstLoad,
  training: describeTrainingPages,
  'bundled pages': describeBundledPages,
};

/**
 * The web app in a real browser. The cases of this folder share one stack and run one after the other, so that a test
 * may pause the worker; each test has tenants of its own. One alone: `npx jest test/src/web/pages -t operator`.
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
