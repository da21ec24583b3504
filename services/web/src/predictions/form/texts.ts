import type { OperatingPoint } from '@cytoqueue/client';
import { pluralize } from '../../ui/format';

const NOTHING = 'nothing was filled in.';

export const TEXTS = {
  reference: 'Reference',
  notMeasured: 'Not measured',
  newPredictionPage: {
    title: 'New record',
    gradesLead: 'Nine grades of one fine needle aspirate, from 1 (as in normal tissue) to 10 (most abnormal).',
    measurementsLead: (count: number) =>
      `${count} measurements of the cell nuclei in a digitised image of a fine needle aspirate.`,
    ownLead: (title: string, features: number) =>
      `${title}: ${pluralize(features, { one: 'feature', other: 'features' })}.`,
    help: 'How to enter a record and read its result',
    noDefault: 'Your laboratory’s model setting could not be read. An administrator can correct it under Settings.',
    tryAgain: 'Try again',
    loadFailed: 'The model’s description could not be loaded.',
  },
  modelChoice: {
    summary: 'Change for this record',
    model: 'Model',
    thresholdHelp: (negative: string, positive: string) =>
      `Cautious: low enough to detect 99 % of the ${positive} training cases; more ${negative} cases are classified as ${positive}.`,
    setting: (value: string | undefined) => `Laboratory’s setting${value === undefined ? '' : `: ${value}`}`,
    current: (model: string) => `${model} (in use)`,
    points: { default: 'at 50 %', sensitivity99: 'cautious' } satisfies Record<OperatingPoint, string>,
  },
  recordForm: {
    identity: 'Reference and paste',
    reference: 'Reference (optional)',
    referenceHelp: 'Your case number. Only your laboratory sees it; it is never part of an address.',
    send: 'Check and send',
    restored:
      'This record was being entered when the session ended. Check reference and values before you send it, or clear it.',
    acceptanceUnknown: 'The record may have been accepted. Send it again from this page: it is not stored twice.',
    notAccepted: 'The record was not accepted.',
    scoring: 'Scoring …',
    getResult: 'Get result',
    clear: 'Clear record',
    autoAdvance: 'Advance automatically after each grade',
    paste: 'Paste a row (optional)',
    pasteHelp: (count: number) => `${count} values, with or without a reference in front. All are filled in, or none.`,
    features: 'Features',
    chooseGrade: 'Choose a grade or “Not measured”.',
    enterValue: 'Enter a value or choose “Not measured”.',
  },
  measuredField: {
    notMeasured: (feature: string) => `${feature} not measured`,
  },
  keyHints: {
    title: 'Keyboard',
    or: 'or',
    grade: 'grade; moves to the next feature',
    notMeasured: 'not measured',
    change: 'change the grade',
    next: 'next feature; after the last one, the button',
    clear: 'clear; then back to the feature before',
    paste: 'a row with tabs, commas, semicolons or spaces',
  },
  readBack: {
    grades: 'Grades in order',
    progress: (entered: number, total: number, missing: number) =>
      `${entered} of ${total} entered${missing > 0 ? `, ${missing} not measured` : ''}.`,
    open: (features: readonly string[]) => `Still open: ${features.join(', ')}.`,
    errors: (count: number) => `${pluralize(count, { one: 'field needs', other: 'fields need' })} another look.`,
  },
  featureValue: {
    notInRange: (text: string, range: string) => `“${text}” is not ${range}.`,
    tooLow: (value: string, range: string) => `${value} is too low: enter ${range}, or choose “Not measured”.`,
    tooHigh: (value: string, range: string) => `${value} is too high: enter ${range}.`,
    wholeNumber: 'a whole number',
    number: 'a number',
    atLeast: (kind: string, min: number) => `${kind} of at least ${min}`,
    between: (kind: string, min: number, max: number) => `${kind} from ${min} to ${max}`,
  },
  pasteQuestion: {
    label: 'What was pasted',
    ambiguous: 'The pasted row can be read in more than one way. Is one of them right?',
    check: (first: string, last: string) =>
      `Compare with your sheet: is the first value ${first} and the last one ${last}?`,
    values: 'Values in order',
    notUsed: 'Not used',
    discard: 'Discard',
    emptyCell: 'an empty cell',
    startsWith: (value: string) => `Yes, starting with ${value}`,
    forReference: (reference: string) => `Yes, for reference ${reference}`,
  },
  pastedRow: {
    noText: `The clipboard holds no text; ${NOTHING}`,
    severalLines: (count: number) =>
      `Found ${count} lines that are not one record; ${NOTHING} For several records, upload a file under Batches.`,
    otherCount: (cells: number, fields: number) =>
      `Found ${cells} cells for ${fields} fields; ${NOTHING} Copy the ${fields} values, alone or with the reference in front.`,
    misfit: (cell: number, feature: string, fault: string) =>
      `Cell ${cell} does not fit ${feature}: ${fault} Nothing was filled in.`,
    oneValue: `Found one value; ${NOTHING} Paste it into its own field.`,
    unchanged: 'The form is unchanged.',
    answerFirst: 'Answer the question about the pasted row first.',
    filled: (count: number, reference: string | undefined) =>
      `All ${count} values filled in${reference === undefined ? '' : ` for reference ${reference}`}.`,
    notUsed: (cells: string) => `Not used: ${cells}.`,
    referenceRemoved: (reference: string) =>
      `The reference ${reference} was removed, because these values may belong to another record.`,
  },
};
