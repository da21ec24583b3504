import type {
  AcceptedPrediction,
  ApiKey,
  AuditEvent,
  Batch,
  BatchRow,
  Confirmation,
  ConfirmationBody,
  ConfirmationReport,
  CreatedApiKey,
  DriftReport,
  ExplainedBatchRow,
  FieldError,
  ModelEvaluation,
  ModelSummary,
  ModelVersion,
  Performance,
  Prediction,
  Preflight,
  QueueState,
  Review,
  Session,
  Settings,
  Shadow,
  Training,
  WorklistItem,
} from '@cytoqueue/client';
import type { z } from 'zod';
import type { batchRow, explainedRow } from '../batches/rows/openapi';
import type { auditEvent } from '../audit/routes';
import type { confirmation, confirmationBody, confirmationReport, performance } from '../confirmations/openapi';
import type { apiKey, createdApiKey } from '../keys/routes';
import type { modelEvaluation, modelSummary, modelVersion } from '../models/schemas';
import type { shadow } from '../models/shadow';
import type { review } from '../reviews/openapi';
import type { settingsBody } from '../settings/routes';
import type { queueSchema } from '../operations/queue';
import type { driftReport } from '../scored-days/openapi';
import type { session } from '../session/routes';
import type { trainingSchema } from '../trainings/openapi';
import type { worklistItem } from '../worklist/openapi';
import type { acceptedPrediction, batch, prediction, preflightReport, problem } from './response-schemas';

/** A compile error here (npm run typecheck) means that the client's types differ from the API's schemas. */
type Same<A, B> = Mutual<A, B> & Mutual<Complete<A>, Complete<B>>;
type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Without optional members at any depth: a type that lacks an optional member of another extends it all the same. */
type Complete<T> = T extends object ? { [K in keyof T]-?: Complete<T[K]> } : T;
type Out<T extends z.ZodType> = z.output<T>;

const agree: {
  prediction: Same<Prediction, Out<typeof prediction>>;
  acceptedPrediction: Same<AcceptedPrediction, Out<typeof acceptedPrediction>>;
  batch: Same<Batch, Out<typeof batch>>;
  batchRow: Same<BatchRow, Out<typeof batchRow>>;
  explainedRow: Same<ExplainedBatchRow, Out<typeof explainedRow>>;
  preflight: Same<Preflight, Out<typeof preflightReport>>;
  modelSummary: Same<ModelSummary, Out<typeof modelSummary>>;
  modelVersion: Same<ModelVersion, Out<typeof modelVersion>>;
  modelEvaluation: Same<ModelEvaluation, Out<typeof modelEvaluation>>;
  shadow: Same<Shadow, Out<typeof shadow>>;
  review: Same<Review, Out<typeof review>>;
  worklistItem: Same<WorklistItem, Out<typeof worklistItem>>;
  queue: Same<QueueState, Out<typeof queueSchema>>;
  session: Same<Session, Out<typeof session>>;
  settings: Same<Settings, Out<typeof settingsBody>>;
  auditEvent: Same<AuditEvent, Out<typeof auditEvent>>;
  apiKey: Same<ApiKey, Out<typeof apiKey>>;
  createdApiKey: Same<CreatedApiKey, Out<typeof createdApiKey>>;
  confirmation: Same<Confirmation, Out<typeof confirmation>>;
  confirmationBody: Same<ConfirmationBody, Out<typeof confirmationBody>>;
  confirmationReport: Same<ConfirmationReport, Out<typeof confirmationReport>>;
  performance: Same<Performance, Out<typeof performance>>;
  driftReport: Same<DriftReport, Out<typeof driftReport>>;
  training: Same<Training, Out<typeof trainingSchema>>;
  fault: Same<FieldError, NonNullable<Out<typeof problem>['errors']>[number]>;
} = {
  prediction: true,
  acceptedPrediction: true,
  batch: true,
  batchRow: true,
  explainedRow: true,
  preflight: true,
  modelSummary: true,
  modelVersion: true,
  modelEvaluation: true,
  shadow: true,
  review: true,
  worklistItem: true,
  queue: true,
  session: true,
  settings: true,
  auditEvent: true,
  apiKey: true,
  createdApiKey: true,
  confirmation: true,
  confirmationBody: true,
  confirmationReport: true,
  performance: true,
  driftReport: true,
  training: true,
  fault: true,
};

test('the types of the client are those of the responses, also in optional members at any depth', () => {
  const isReported: [Same<{ a: { b: string }[] }, { a: { b: string; c?: string }[] }>] extends [never] ? true : false =
    true;
  expect(isReported).toBe(true);
  expect(Object.keys(agree)).toHaveLength(25);
});
