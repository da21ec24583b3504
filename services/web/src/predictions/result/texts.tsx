import type { ReactNode } from 'react';
import { pluralize, formatCount } from '../../ui/format';

/** The probability from which a result is decided; the range stands in several texts. */
const UNDECIDED_RANGE = '5–95';

export const TEXTS = {
  modelLoadFailed: 'The model’s description could not be loaded.',
  undecided: 'Undecided',
  likely: (name: string) => `Likely ${name}`,
  predictionPage: {
    title: 'Record',
    lookingUp: 'Looking up the record …',
    records: 'Records',
    noReference: 'Record without reference',
    sent: (time: string) => `Sent ${time} · not a medical device`,
    printed: (id: string) => `record ${id}`,
    canceled: 'Canceled',
    canceledText: 'This record was canceled before it was scored. There is no result.',
    notScored: 'Not scored',
    notScoredText:
      'The service could not score this record. Send it again, and contact the service’s operator if it happens again.',
    failureSaysNothingAboutRecord: 'This says nothing about the record itself.',
    unknown: 'No such record',
    expired: 'No longer kept',
    failed: 'The record could not be shown',
    unknownText: 'It may belong to another laboratory, or the address may be incomplete.',
    expiredText: 'Records are kept for a limited time, and this one has expired.',
    loadFailed: 'The record could not be loaded.',
    all: 'All records',
  },
  recordActions: {
    newRecord: 'New record',
    edit: 'Edit and re-run',
    copyLink: 'Copy link',
    linkCopied: 'Link copied',
    copied: 'The link is copied. It opens for your laboratory only.',
    copyFailed: 'Copy it from the address bar; it opens for your laboratory only.',
    print: 'Print',
    delete: 'Delete',
    deleteTitle: 'Delete this record?',
    deleteConfirm: 'Delete permanently',
    deleteText: 'The values, the result and its reviews are removed. This cannot be undone.',
    deleteFailed: 'The record was not deleted.',
  },
  pendingPrediction: {
    waiting: 'Waiting in the queue',
    scoring: 'Being scored',
    lead: 'The record is stored. The result appears here automatically; you may leave this page and come back. Files never delay single records.',
    cancelFailed: 'The record could not be canceled.',
    cancel: 'Cancel',
    cancelTitle: 'Cancel this record?',
    cancelConfirm: 'Cancel the record',
    cancelText: 'It will not be scored. This cannot be undone, but the record can be sent again.',
    isScored: 'A worker is scoring it.',
    inQueue: 'In the queue.',
    next: 'Next in the queue.',
    position: (position: number) => `Number ${formatCount(position)} in the queue.`,
  },
  printParts: {
    identity: (tenant: string, subject: string, time: string) => `${tenant} · ${subject} · printed ${time}`,
    footer: (reference: string, tenant: string, subject: string) => `${reference} · ${tenant} · ${subject}`,
    signature: 'Reviewed by ____________________ Date ______________ Decision ____________________',
  },
  verdict: {
    kind: 'Model result',
    noDiagnosis: 'No diagnosis and no C1 to C5 category.',
  },
  resultView: {
    modelDeleted:
      'The model version that scored this record was deleted. The result stays as it was; its evidence is not shown any more.',
    values: 'Values of this record',
    why: 'Why',
    unusual: 'What is unusual',
    nextSteps: (hasMissing: boolean, negative: string, positive: string) => (
      <>
        Next steps: check the values against the slide, {hasMissing && <span>measure the missing features, </span>}or
        ask a second reader. An undecided result is neither {negative} nor {positive}.
      </>
    ),
  },
  outcome: {
    cautious: (positive: string, threshold: string) => `The cautious threshold for ${positive} is ${threshold}.`,
    undecided: (favoured: string, subject: string, probability: string) =>
      `The model favours ${favoured} (probability of ${subject} ${probability}) but is not certain enough to classify it; treat as undecided.`,
    unusual: (subject: string, probability: string) =>
      `The record is unlike the training cases, so its probability of ${subject} (${probability}) says little; treat as undecided.`,
    decided: (subject: string, probability: string) =>
      `The probability of ${subject} is ${probability}, outside the undecided range (${UNDECIDED_RANGE} %).`,
  },
  conformal: {
    both: (percent: number, negative: string, positive: string) =>
      `Neither class can be ruled out at the ${percent} % level: the record would not be unusual among the ${negative} cases, nor among the ${positive}.`,
    none: (percent: number) =>
      `The record is unusual for both classes at the ${percent} % level. It is unlike the training cases.`,
    one: (only: string, percent: number, other: string) =>
      `Only ${only} remains at the ${percent} % level: the record would be unusual among the ${other} cases.`,
  },
  otherClass: 'the other one',
  valuesList: {
    notMeasured: 'not measured',
  },
  confidencePanel: {
    title: 'Certainty',
    /** How often similar probabilities were right on held-out cases. */
    tested: (observed: {
      cases: number;
      from: number;
      to: number;
      positive: number;
      low: string;
      high: string;
      rounds: number;
      isReliable: boolean;
    }) => (
      <>
        <strong>How often this was right in testing:</strong> of about {observed.cases} held-out cases with a
        probability from {observed.from} to {observed.to}&nbsp;%, about {observed.positive} were malignant (95&nbsp;%
        interval {observed.low} to {observed.high}; {observed.rounds} repetitions of cross-validation).
        {!observed.isReliable && ' That is too few to rely on.'}
      </>
    ),
    missing: (missing: {
      count: number;
      isExact: boolean;
      combinations: number;
      low: string;
      high: string;
      canFlip: boolean;
    }) => (
      <>
        <strong>Not measured:</strong> {missing.count === 1 ? 'one value is' : `${missing.count} values are`} missing.{' '}
        {missing.isExact
          ? `Over all ${missing.combinations} possible ${missing.count === 1 ? 'values' : 'combinations of values'}`
          : `Over the ${missing.combinations} combinations that occur in training cases`}
        , the probability ranges from {missing.low} to {missing.high}.{' '}
        {missing.canFlip
          ? 'Measuring what is missing could change the result.'
          : 'No such value would change the class.'}
      </>
    ),
    unusual: 'The record is unlike the training cases, so do not rely on these figures.',
    ofTheCases: (name: string) => `Of the ${name} cases`,
    atypical: 'are at least as atypical as this record would be',
  },
  iconArray: {
    caption: (malignant: ReactNode, benign: ReactNode) => (
      <>
        Of 100 such cases in testing about {malignant} were malignant and {benign} benign.
      </>
    ),
  },
  flipPanel: {
    title: 'How firm the result is',
    noChange: (name: string) => `No change of one or two features changes the class to ${name}.`,
    notComputed: 'Not computed for this model.',
    likely: (name: string) => `likely ${name}`,
    undecided: 'undecided',
    lead: (result: string, subject: string, probability: string) =>
      `The smallest change that would make the result ${result}, with a probability of ${subject} of ${probability}:`,
    to: 'to',
    smallChange:
      'It shows how far the record is from another result, and is no reason to grade differently. The change is small: make sure that this feature was read and entered correctly.',
    change: 'It shows how far the record is from another result, and is no reason to grade differently.',
  },
  shapleyPanel: {
    title: 'Feature contributions',
    lead: (base: string, positive: string, isSampled: boolean, probability: string) =>
      `${base} of the training cases are ${positive}. Each feature raises or lowers this probability by its Shapley value (averaged over ${isSampled ? 'some' : 'all'} orders of the features); together they give ${probability}.`,
    feature: 'Feature',
    points: 'Points',
    baseline: 'Baseline',
    baselineText: (positive: string) => `share of ${positive} training cases`,
    total: 'Total',
    totalText: (subject: string) => `probability of ${subject}`,
  },
  neighborsPanel: {
    title: 'Nearest training cases',
    lead: (all: number, found: number, positive: string) => {
      const share = found === 0 ? 'none is' : found === all ? 'all are' : pluralize(found, { one: 'is', other: 'are' });
      return `Of the ${all} training cases most like this record, ${share} ${positive}. Check whether they resemble this record in your judgement.`;
    },
    table: 'Table of the nearest cases',
    thisRecordMark: 'this record',
    caseMark: (name: string) => `${name} case`,
    feature: 'Feature',
    thisRecord: 'This record',
    caseNumber: 'case',
    diagnosis: 'Confirmed diagnosis',
    distance: 'Distance from the record',
    caseName: 'Training case no.',
  },
  probabilityScale: {
    label: (subject: string, probability: string) =>
      `Scale of the probability of ${subject} from 0 to 100 %. This record: ${probability}.`,
    range: (low: string, high: string) => `With the missing values measured it could be ${low} to ${high}.`,
    benign: 'benign',
    not: (positive: string) => `not ${positive}`,
    undecided: 'undecided',
  },
  modelPanel: {
    title: 'Model and limits of use',
    model: 'Model',
    method: 'Method',
    methodText: (cases: number, isByClass: boolean, nearest: number) =>
      `compares with ${cases} training cases, ${isByClass ? `the ${nearest} nearest of each class` : `of which the ${nearest} nearest decide`}`,
    threshold: (positive: string) => `Threshold for ${positive}`,
    thresholdText: (threshold: string, isCautious: boolean) =>
      `${threshold} probability${isCautious ? ' (cautious)' : ''}`,
    scored: 'Scored',
    digest: 'Model digest (SHA-256)',
  },
  reasons: {
    greyZone: `Undecided range (${UNDECIDED_RANGE}\u00a0%)`,
    unusual: 'Unusual record',
  },
  unusualReasons: {
    outside: (feature: ReactNode, value: string, lowest: string, highest: string) => (
      <>
        {feature} is {value}; the training cases have {lowest} to {highest}.
      </>
    ),
    unexpected: (feature: ReactNode, value: string, expected: string) => (
      <>
        {feature} is {value}; with the other values about {expected} would be usual.
      </>
    ),
    magnification: (factor: string) =>
      `The sizes together fit a magnification ${factor} times that of the training cases. Check unit and calibration.`,
    far: (factor: string, comparedWith: string) =>
      `As a whole the record is ${factor} times as far from the ${comparedWith} training cases as the model’s limit for an ordinary record.`,
  },
};
