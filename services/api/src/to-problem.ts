import { ModelFileError } from '@cytoqueue/classifier';
import { CsvError } from '@cytoqueue/csv';
import { QueueFullError, QueueUnavailableError } from '@cytoqueue/queue';
import { DocumentChangedError } from '@cytoqueue/records';
import {
  ChampionChangedError,
  ChampionInUseError,
  ComparisonMissingError,
  LowerSensitivityError,
  ModelDeletedError,
  ModelDigestError,
  NoChampionError,
  UnknownModelError,
} from '@cytoqueue/registry';
import { SchemaError } from '@cytoqueue/schema';
import { TabularError } from '@cytoqueue/tabular';
import {
  InvalidKeyError,
  ObjectCorruptError,
  ObjectNotFoundError,
  ObjectUnreadableError,
  StoreFullError,
  StoreUnavailableError,
} from '@cytoqueue/storage';
import { MulterError } from 'multer';
import { notFound, toHttpProblem, unavailable } from './http/error-handler';
import { Problem, type ProblemType } from './http/problem';

/** Maps every error to a problem: errors of the packages here, all others in `http/`. */
export function toProblem(error: unknown): Problem {
  if (error instanceof SchemaError) {
    return new Problem(
      'invalid-request',
      'The record does not match the features of the model. Correct the listed fields.',
      { errors: error.errors, cause: error },
    );
  }
  if (error instanceof CsvError) return csvProblem(error);
  if (error instanceof TabularError) return importProblem(error);
  if (error instanceof ModelDeletedError) return new Problem('model-deleted', `${error.message}.`, { cause: error });
  if (error instanceof ChampionInUseError) return new Problem('champion-in-use', `${error.message}.`, { cause: error });
  if (error instanceof UnknownModelError) {
    return new Problem('invalid-request', error.message, {
      errors: [{ field: 'model', code: error.code, detail: error.message }],
    });
  }
  if (error instanceof NoChampionError) return new Problem('no-champion', error.message, { cause: error });
  if (error instanceof ChampionChangedError)
    return new Problem(
      'champion-changed',
      'Another request changed the champion. Read the model again before you promote.',
      { cause: error },
    );
  if (error instanceof LowerSensitivityError)
    return new Problem('lower-sensitivity', error.message, {
      members: { comparison: error.comparison },
      cause: error,
    });
  if (error instanceof ComparisonMissingError)
    return new Problem('comparison-missing', error.message, { cause: error });
  if (error instanceof ObjectNotFoundError || error instanceof InvalidKeyError) return notFound(error);
  if (error instanceof ObjectCorruptError || error instanceof ModelFileError) return damagedProblem(error);
  if (error instanceof StoreFullError)
    return new Problem('storage-full', 'The object store is full.', { cause: error });
  if (error instanceof ObjectUnreadableError) return unreadable(error);
  if (error instanceof StoreUnavailableError) return unavailable('The object store is unavailable.', error);
  if (error instanceof DocumentChangedError)
    return unavailable('Other requests are changing the same document.', error);
  if (error instanceof QueueFullError)
    return new Problem('storage-full', 'The disk of the queue is full.', { cause: error });
  if (error instanceof QueueUnavailableError) return unavailable('The queue is unavailable.', error);
  if (error instanceof ModelDigestError)
    return unavailable('The stored model differs from the one that the request pinned.', error);
  if (error instanceof MulterError) return multipartProblem(error);
  return toHttpProblem(error);
}

function damagedProblem(cause: Error): Problem {
  return new Problem(
    'object-damaged',
    'A stored document is damaged. The operators have been alerted. Send the data again.',
    { cause },
  );
}

/** Naming the key is safe: it contains only the caller's own tenant and ids. */
function unreadable(cause: ObjectUnreadableError): Problem {
  const detail = `The object store cannot read ${cause.key}. The operators have been alerted. Other resources work.`;
  return new Problem('object-unreadable', detail, { cause });
}

function csvProblem(error: CsvError): Problem {
  const { code, row, line, column, message } = error;
  return new Problem('invalid-csv', message, { errors: [{ row, line, column, code, detail: message }], cause: error });
}

function importProblem(error: TabularError): Problem {
  const { code, line, sheets, message } = error;
  const detail = `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`;
  const type = IMPORT_PROBLEMS[code] ?? 'invalid-csv';
  return new Problem(type, detail, { errors: [{ line, code, detail, sheets }], cause: error });
}

/** Errors of an import that are no fault of the file's content. */
const IMPORT_PROBLEMS: Partial<Record<string, ProblemType>> = {
  'unsupported-charset': 'unsupported-media-type',
  'expands-too-far': 'too-large',
  'too-many-rows': 'invalid-request',
  'import-out-of-memory': 'too-large',
};

function multipartProblem(error: MulterError): Problem {
  if (error.code === 'LIMIT_FILE_SIZE')
    return new Problem('too-large', 'The file exceeds the size limit of an upload.', { cause: error });
  const detail = `Send a form with exactly one file, in the field "file" (${error.code}).`;
  return new Problem('malformed-request', detail, {
    errors: [{ field: 'file', code: error.code, detail }],
    cause: error,
  });
}
