/** The options of the command; `value` is what the help shows for the value. */
export const OPTIONS = {
  url: { type: 'string', value: 'URL', help: 'address of the service' },
  key: {
    type: 'string',
    value: 'KEY',
    help: 'API key; other users see it in the process list, so prefer CYTOQUEUE_API_KEY_FILE',
  },
  json: { type: 'boolean', help: "print the API's response, and errors, as JSON" },
  help: { type: 'boolean', short: 'h', help: 'print the help of the command' },
  version: { type: 'boolean', help: 'print the version' },
  output: { type: 'string', short: 'o', value: 'FILE', help: 'save the results; - is standard output' },
  errors: { type: 'string', value: 'FILE', help: 'save the rows that were not scored' },
  partial: { type: 'boolean', help: 'save the results so far' },
  format: { type: 'string', value: 'csv|xlsx|jsonl|parquet', help: 'format of saved files; csv by default' },
  'no-wait': { type: 'boolean', help: 'return as soon as the file is accepted' },
  model: { type: 'string', value: 'NAME[@VERSION]', help: 'the model; by default the one of the settings' },
  'operating-point': { type: 'string', value: 'default|sensitivity99', help: 'the threshold' },
  'on-error': { type: 'string', value: 'continue|abort', help: 'abort: a rejected row fails the batch' },
  missing: {
    type: 'string',
    value: 'partial|reject',
    help: 'reject: refuse rows with a feature that was not measured',
  },
  formulas: { type: 'string', value: 'escape|keep', help: 'cells that a spreadsheet would run as a formula' },
  explain: { type: 'boolean', help: 'add the evidence as columns, up to 10,000 rows' },
  profile: { type: 'string', value: 'NAME', help: 'import profile that says how to read the file' },
  sheet: { type: 'string', value: 'NAME', help: 'sheet of a workbook' },
  charset: { type: 'string', value: 'NAME', help: 'encoding of a text file' },
  'on-warning': { type: 'string', value: 'continue|abort', help: 'abort: refuse a file with warnings' },
  id: { type: 'string', value: 'ID', help: 'your own reference (sample_id)' },
  'idempotency-key': { type: 'string', value: 'KEY', help: 'repeat a request without storing anything twice' },
  name: { type: 'string', value: 'NAME', help: 'name of the model; its versions are own/NAME@1, own/NAME@2 …' },
  label: { type: 'string', value: 'COLUMN', help: 'column that holds the known class' },
  group: { type: 'string', value: 'COLUMN', help: 'column that identifies the patient; their rows stay together' },
  schema: { type: 'string', value: 'wbc|wdbc|FILE.json', help: 'the features: a known schema, or your own in a file' },
  seed: { type: 'string', value: 'N', help: 'random seed; the same file and seed give the same model' },
  limit: { type: 'string', value: 'N', help: 'number of entries, 1 to 100' },
  after: { type: 'string', value: 'ID', help: 'begin behind this entry' },
  status: { type: 'string', value: 'STATE', help: 'only batches in this state' },
  'accept-unknown': { type: 'boolean', help: 'promote a version that was not compared with the champion' },
  'accept-lower-sensitivity': { type: 'boolean', help: 'promote a version that finds fewer positive records' },
} as const;

export type OptionName = keyof typeof OPTIONS;

/** Options that every command takes. */
export const GENERAL: readonly OptionName[] = ['url', 'key', 'json', 'help', 'version'];
