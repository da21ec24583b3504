import { type ProblemType, problems } from './problem';

interface Help {
  /** Why the API answers so. */
  cause: string;
  /** The action that the sender should take. */
  remedy: string;
}

const NEXT_TRY = 'Wait as long as `Retry-After` says and send the same request again.';
const DAMAGED = 'Send the data again, or delete the resource. The operators have been alerted.';

export const problemHelp: Record<ProblemType, Help> = {
  'malformed-request': {
    cause: 'The address, the headers or the body are not what HTTP, JSON or a form allow, or the upload broke off.',
    remedy: 'Correct what `detail` names. With curl, use --data-binary for files and check the quotes around JSON.',
  },
  unauthenticated: {
    cause: 'No API key was sent, or it is unknown, revoked or expired.',
    remedy: 'Send `Authorization: Bearer KEY` with the whole key, or sign in again. An admin can create a new key.',
  },
  forbidden: {
    cause: 'The role of the key does not allow the operation.',
    remedy: 'Use a key with a role that `detail` names.',
  },
  'cross-site': {
    cause: 'A browser sent the request with a session cookie from a page of another site.',
    remedy: 'Open the web app at its own address. Programs in browsers send an API key and need CORS_ORIGINS.',
  },
  'reauthentication-required': {
    cause: 'Keys can be created and deleted in a session only by a person who has an API key at hand.',
    remedy: 'Send your own API key as `current_key`.',
  },
  'not-found': {
    cause: 'There is no such address, or the tenant of the key has no such resource. Deleted resources answer alike.',
    remedy: 'Check the id and the key. Ids of other tenants are not found either.',
  },
  'method-not-allowed': {
    cause: 'The address exists and does not support the method.',
    remedy: 'Use a method that `Allow` names.',
  },
  'too-slow': {
    cause:
      'A body came slower than 1 kB/s over 30 seconds, JSON was incomplete after 15 seconds, or a file after 23 hours.',
    remedy: 'Send the body without pauses. Compress large files (`Content-Encoding: gzip`).',
  },
  'already-finished': {
    cause: 'What has ended cannot be canceled.',
    remedy: 'Nothing needs to be done; read the resource to see how it ended.',
  },
  'results-not-ready': {
    cause: 'The batch is not finished.',
    remedy: 'Wait for a final `status`, or download the results so far with `partial=true`.',
  },
  'no-results': {
    cause: 'The batch was canceled or failed before its files were written.',
    remedy: 'Download what was scored with `partial=true`, or start the batch again with `retry`.',
  },
  'not-finished': {
    cause: 'The operation needs a finished resource.',
    remedy: 'Wait for a final `status`, or cancel it first.',
  },
  'not-succeeded': {
    cause: 'The record or row has no result that a diagnosis could confirm.',
    remedy: 'Leave it out; only scored records and rows can be confirmed.',
  },
  'ambiguous-sample-id': {
    cause: 'The sample id stands in more than one row of the batch.',
    remedy: 'Send `row` instead. `detail` lists the rows.',
  },
  'nothing-to-retry': { cause: 'Every row has been scored.', remedy: 'Nothing needs to be done.' },
  'nothing-to-roll-back': {
    cause: 'The model has no earlier champion that is still stored.',
    remedy: 'Promote a version by its number.',
  },
  'no-champion': {
    cause: 'No version of the model has been promoted.',
    remedy:
      'Name a version (`name@version`), or have one promoted: by a platform key, or for `own/NAME` by an admin of the tenant.',
  },
  'champion-changed': {
    cause: 'Another request promoted a version at the same time.',
    remedy: 'Read the model again and decide from the start.',
  },
  'lower-sensitivity': {
    cause: 'On the same records the version finds fewer malignant ones than the champion, beyond chance.',
    remedy: 'Keep the champion, or accept it knowingly with `"accept_lower_sensitivity": true`.',
  },
  'comparison-missing': {
    cause: 'There are no figures of the version and the champion on the same records.',
    remedy: 'Run `npm run models -- compare NAME VERSION` (shared models), or accept it with `"accept_unknown": true`.',
  },
  'champion-in-use': {
    cause: 'The version is what `own/NAME` means.',
    remedy: 'Promote another version of the model, then delete this one.',
  },
  'default-model-in-use': {
    cause: 'The settings name the version as `default_model`, so requests that name no model would fail.',
    remedy: 'Change `default_model` with `PUT /v1/settings`, then delete the version.',
  },
  'model-deleted': {
    cause: 'The record or batch was scored with an own model that an admin of the tenant has deleted since.',
    remedy: 'Send the data again with another model. Finished CSV results can still be downloaded.',
  },
  'key-id-in-use': { cause: 'Another key of the tenant has this id.', remedy: 'Choose another id, or leave it out.' },
  'key-of-file': {
    cause: 'The key stands in the keys file of the operators.',
    remedy: 'Ask an operator to run `npm run revoke-key`.',
  },
  'last-admin-key': {
    cause: 'Without an admin key, no one could manage the keys of the tenant.',
    remedy: 'Create another admin key first.',
  },
  'too-many-keys': { cause: 'The tenant has reached the number of keys.', remedy: 'Delete keys that are not used.' },
  'too-many-profiles': {
    cause: 'The tenant has reached the number of import profiles.',
    remedy: 'Delete profiles that are not used.',
  },
  'object-damaged': { cause: 'A stored document does not match its checksum.', remedy: DAMAGED },
  expired: {
    cause: 'The resource is older than the retention time; `Sunset` announced it.',
    remedy: 'Send the data again if you still need the result.',
  },
  'too-large': {
    cause: 'The body, the file or what it expands to exceeds the limit.',
    remedy: 'Split the file, and send each part as its own batch.',
  },
  'quota-exceeded': {
    cause: 'What the tenant stores has reached its limit in bytes.',
    remedy: 'Delete batches that are no longer needed, or ask an operator for a higher `stored_bytes`.',
  },
  'unsupported-media-type': {
    cause: 'The content type, encoding or character set is not one that the operation reads.',
    remedy: 'Set `Content-Type` to what was sent, for example text/csv or application/json.',
  },
  'range-not-satisfiable': {
    cause: 'The range lies behind the end of the file.',
    remedy: 'Read the size from `Content-Range` and ask again, or download the whole file.',
  },
  'invalid-request': {
    cause: 'A field or parameter is unknown, missing or has a value that is not allowed.',
    remedy: 'Correct each entry of `errors`; `field` names the place.',
  },
  'idempotency-key-reused': {
    cause: 'The `Idempotency-Key` was used for a request with other content.',
    remedy: 'Use a new key for each new request, and the same key only to repeat one.',
  },
  'invalid-csv': {
    cause: 'The file has no usable header, is of a format that is not read, or is cut off.',
    remedy: 'Correct what `errors` names. `POST /v1/batches/preflight` shows how a file is read.',
  },
  'invalid-training-file': {
    cause: 'The file lacks the class, has rows that cannot be read, or too few complete rows of a class.',
    remedy: 'Correct what `errors` names. `row` counts the data rows of the file from 1.',
  },
  'training-limit': {
    cause:
      'A training has at most 20,000 complete rows and 64 features, and a tenant starts at most 20 within 24 hours.',
    remedy: 'Send a sample of the rows or fewer features. After too many trainings, wait.',
  },
  'file-has-warnings': {
    cause: 'The upload asked with `on_warning=abort` to refuse a file that needs repairs.',
    remedy: 'Correct the file, or send it without `on_warning=abort`.',
  },
  'rate-limited': {
    cause: 'The tenant has used its units of the minute: 1 a read, 5 a write, 1 for each 1,000 rows.',
    remedy: `${NEXT_TRY} Poll less often, or use the event stream.`,
  },
  'too-many-at-once': {
    cause: 'The tenant has as many uploads, streams or conversions open as it may have.',
    remedy: `Let one end. ${NEXT_TRY}`,
  },
  'headers-too-large': {
    cause: 'The request headers are longer than 16 KiB, mostly because of cookies.',
    remedy: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    cause: 'A fault of the service. It was logged under `request_id`.',
    remedy: 'Send the request again with the same `Idempotency-Key`. If it fails again, give the operators the id.',
  },
  'object-unreadable': {
    cause: 'The store works, and one of its objects cannot be read.',
    remedy: 'Give the operators the key that `detail` names. Other resources work.',
  },
  unavailable: { cause: 'Redis or the object store does not answer.', remedy: `${NEXT_TRY} Nothing was lost.` },
  'storage-full': {
    cause: 'The disk or bucket of the service has no room.',
    remedy: 'Tell the operators. Accepted work continues when there is room; send this request again then.',
  },
};

/** A problem document as the API sends it. */
export function problemExample(type: ProblemType): Record<string, unknown> {
  const { status, title } = problems[type];
  return {
    type: `urn:cytoqueue:problem:${type}`,
    title,
    status,
    detail: problemHelp[type].cause,
    request_id: '6f1c3f0e-5d0e-4f43-9b6e-0e6b8f1c2d3a',
  };
}
