/** The descriptions of the operations, in Markdown, by operationId. */
export const operationDescriptions: Record<string, string> = {
  signIn:
    'Sets a session cookie for a browser. The session lasts twelve hours at most and ends with its API key. Programs send the API key itself as a bearer token and need no session.',
  getSession: 'Shows the tenant, role and key of the caller, for an API key as well as for a session cookie.',
  signOut: 'Ends the session of the cookie that is sent. Without a session it does nothing and answers alike.',
  createSignInToken:
    'The token stands in a link that signs in one browser once, so that no API key has to be typed or sent by mail.',
  createPrediction:
    'Stores the record durably and enqueues it. With `Prefer: wait=N` the response waits for the result (201); otherwise, or when the time is over, it is 202 with a `Location` to poll. Records have a queue of their own, so batches do not delay them. Send an `Idempotency-Key` to repeat the request safely.',
  listPredictions:
    'Lists the predictions of the tenant that have not expired. Follow `Link` with rel="next", or pass `last_id` as `after`.',
  getPrediction:
    'Poll it until `status` is `succeeded`, `failed` or `canceled`, or use the event stream. `Sunset` says when it expires.',
  deletePrediction:
    'Removes the record, its result and its reviews. A prediction that is not finished must be canceled first.',
  cancelPrediction:
    'Decides once whether the prediction is canceled or finished: a cancel that comes too late is refused with 409.',
  streamPrediction:
    'Sends the current state at once and every change after it. The stream ends with the final state. A reconnect with `Last-Event-ID` of the final event answers 204, on which an EventSource stops.',
  createBatch:
    'Stores the file durably, then answers 202 with the batch; scoring goes on in the workers. Send the file as the body with its own content type, or as a form with the field `file`. The first bytes determine the format. A file whose header does not fit is refused as a whole (422); single rows that are invalid are not: they are listed in the errors file. To validate only, use `preflightBatch`.',
  preflightBatch:
    'Reads the whole file as an upload would and reports matched columns, rows, errors with their places and a verdict on the values. No batch is created.',
  listBatches:
    'Lists the batches of the tenant that have not expired. Follow `Link` with rel="next", or pass `last_id` as `after`.',
  getBatch:
    'Poll it every few seconds until `status` is final, or use the event stream. `counts` adds up at every moment. `Sunset` says when the batch expires.',
  deleteBatch: 'Removes the input, results, errors and reviews. A batch that is not finished must be canceled first.',
  streamBatch:
    'Sends the current state at once and every change after it, at most a few times a second. The stream ends with the final state. A reconnect with `Last-Event-ID` of the final event answers 204.',
  getBatchResults:
    'Every input row in its order and unchanged, followed by the result columns. Supports byte ranges and `If-None-Match` for CSV. Other formats are converted from the CSV while they are sent.',
  getBatchErrors: 'The rejected and failed rows with code and detail, ready to correct and upload again.',
  getBatchChanges:
    'Only for a batch that rescores another one: the rows whose predicted class differs between the two.',
  cancelBatch:
    'Asks for the cancel. The batch is `canceling` until running shards have finished. Rows scored so far can be downloaded with `partial=true`.',
  retryBatch:
    'Opens a new run over the rows that failed. Rows that were scored keep their results; rejected rows stay rejected.',
  rescoreBatch: 'Creates a new batch from the stored input. Its `changes` file lists the rows whose class differs.',
  listBatchRows:
    'Reads result rows as JSON, a page at a time. Rows without a wanted outcome are passed over cheaply, so large batches can be browsed.',
  searchBatchRows: 'A POST, so that identifiers of patients stand in no address and no access log.',
  getBatchRow:
    'With `explain=true` a worker computes the evidence: 200 with it, or 202 with `Retry-After` while it is being computed.',
  createPredictionReview:
    'Reviews are added and never changed. They count against the storage quota and are removed with the prediction.',
  listPredictionReviews: 'Reviews that are damaged are listed with their `error` instead of a decision.',
  createBatchRowReview:
    'Reviews are added and never changed. They count against the storage quota and are removed with the batch.',
  listBatchRowReviews: 'Reviews that are damaged are listed with their `error` instead of a decision.',
  listWorklist:
    'What a second reader has still to look at. A page that had to look at very many items is short, even empty, with `has_more`.',
  listImportProfiles:
    'A profile says how the files of a laboratory are read. Profiles that are damaged are listed with their `error`.',
  getImportProfile: 'Reads one profile of the tenant.',
  putImportProfile:
    'Name the profile in `profile` of an upload. Members that are left out are decided from the bytes of each file. `warnings` names what no upload would use.',
  deleteImportProfile: 'Batches that used the profile keep the content it had.',
  createConfirmation:
    'Names a `prediction_id`, or a `batch_id` with `row` or `sample_id`. The prediction must still be stored. Entries are append-only: a later one for the same prediction replaces the earlier one in the figures. Repeating an `Idempotency-Key` stores nothing twice.',
  listConfirmations: 'Lists the confirmations of the tenant that have not expired.',
  getConfirmation: 'Reads one confirmation. It outlives its prediction and holds neither features nor the sample id.',
  deleteConfirmation: 'The entry before it for the same prediction counts again.',
  getPerformance: 'Figures describe the confirmed predictions only. A confirmation appears in them within 60 seconds.',
  getDrift:
    'Needs no confirmed diagnoses, so it warns earlier than the performance does. Bins with fewer than 20 records are left out.',
  promoteModel:
    'Concerns every tenant. Refused with 409 `lower-sensitivity` or `comparison-missing` unless the body accepts that; a rollback is always possible. Recorded in the audit log.',
  listModels: 'Lists the registered models, their champions and versions.',
  getModel: 'Reads one model with its versions and the history of its champions.',
  getModelVersion: 'Describes features, decision rule, training data, evaluation and limits of use.',
  getOwnModel: "Reads one of the tenant's own models. Those of other tenants are not found.",
  getOwnModelVersion: 'Describes features, decision rule, training data, evaluation and comparisons of an own version.',
  deleteOwnModelVersion:
    'A k-NN model contains its training rows: this erases them. What waits for the version ends as failed with `model-deleted`. The champion and the `default_model` of the settings are refused. Recorded in the audit log.',
  promoteOwnModel:
    'Concerns the tenant alone. Refused with 409 `lower-sensitivity` or `comparison-missing` unless the body accepts that. Recorded in the audit log.',
  getOwnModelCard: 'Markdown with figures, intervals and limits of use. Versions that were added as a file have none.',
  getOwnModelEvaluation:
    'Figures of the repeated cross-validation, for charts. Versions that were added as a file have none.',
  getOwnModelPlot: 'SVG. The model card names its plots.',
  createTraining:
    'Stores the file and its labelled rows durably, then answers 202; a worker evaluates and fits the model while it has no other work. Every parameter is a query parameter or a form field. The file may have any format that batches read. A file on which no model can be trained is refused as a whole (422) with its errors. The new version becomes champion only when it is promoted.',
  listTrainings:
    'Lists the trainings of the tenant that have not expired. Follow `Link` with rel="next", or pass `last_id` as `after`.',
  getTraining:
    'Poll it every few seconds until `status` is `succeeded`, `failed` or `canceled`, or use the event stream. `Sunset` says when it expires.',
  streamTraining:
    'Sends the current state at once and every change after it. The stream ends with the final state. A reconnect with `Last-Event-ID` of the final event answers 204.',
  cancelTraining:
    'Decides once whether the training is canceled or finished: a cancel that comes too late is refused with 409. Repeating it changes nothing.',
  deleteTraining:
    'Removes the file and the training. The version stays, and a k-NN model contains its training rows: delete the version to erase them. A training that is not finished must be canceled first.',
  getModelShadow:
    'Counts rows of all tenants that were scored by the present champion and finished since the shadow began.',
  setModelShadow: 'Workers score batches with the shadow at the lowest priority. Its answers are counted and dropped.',
  deleteModelShadow: 'Scoring by the shadow ends within seconds.',
  getModelCard: 'Markdown with figures, intervals and limits of use.',
  getModelEvaluation: 'Figures of the repeated cross-validation, for charts.',
  getModelPlot: 'SVG. The model card names its plots.',
  getQueue: 'Holds counts and times only, no patient data.',
  getMetrics:
    'Needs no key; keep it from the outside with a proxy rule for `/metrics`. Counters are of this process; gauges of the queue are the same in every API process.',
  listAudit: 'Who did what to the resources of the tenant, and what was denied. Holds no patient data.',
  listKeys: 'Keys of the keys file and keys that were created here.',
  createKey:
    'The key is shown once; the store keeps its hash. It never has platform rights. A browser session must send `current_key`.',
  deleteKey:
    'Keys of the keys file and the last admin key cannot be deleted (409). A browser session must send `current_key`.',
  getSettings: 'What records and uploads use that name no model or operating point.',
  replaceSettings:
    'Pin a version with `name@version` so that the promotion of another one does not change your results.',
  live: 'Answers as long as the process can answer. Use it as the liveness probe.',
  ready: 'Answers 503 while Redis or the object store is unavailable. Use it as the readiness probe.',
};

export const tagDescriptions: Record<string, string> = {
  predictions: 'Single records',
  batches: 'Files of records, their progress, results and rows',
  reviews: 'Decisions of a second reader, and what still needs one',
  confirmations: 'Confirmed diagnoses, performance and drift',
  'import profiles': 'How the files of a laboratory are read',
  models: 'Models, versions, champions and shadows',
  trainings: 'Trainings of own models',
  settings: 'What a tenant uses by default',
  'api-keys': 'API keys of a tenant',
  session: 'Browser sessions',
  audit: 'Who did what',
  operations: 'Queue and metrics',
  health: 'Probes',
};
