import {
  ApiError,
  type Batch,
  type Feature,
  type ModelVersion,
  type Preflight,
  type Training,
} from '@cytoqueue/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { configure, render } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import type { ReactElement } from 'react';
import { MemoryRouter, Route, Routes, useLocation } from 'react-router';
import { createQueryClient } from './api/query-client';

// Waiting ends on what is waited for, never on a slow machine.
configure({ asyncUtilTimeout: 120_000 });

/** The element at the addresses of the path, from the given one on; every other address shows itself. */
export function renderPage(
  element: ReactElement,
  path = '/',
  address = path,
  queryClient = createQueryClient(),
): UserEvent {
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={queryClient}>
      <MemoryRouter initialEntries={[address]}>
        <Routes>
          <Route path={path} element={element} />
          <Route path="*" element={<Address />} />
        </Routes>
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return user;
}

function Address() {
  const { pathname } = useLocation();
  return <p>now at {pathname}</p>;
}

export function problem(status: number, body: ConstructorParameters<typeof ApiError>[1] = {}): ApiError {
  return new ApiError(status, body, undefined);
}

const TITLES = [
  'Clump thickness',
  'Uniformity of cell size',
  'Uniformity of cell shape',
  'Marginal adhesion',
  'Single epithelial cell size',
  'Bare nuclei',
  'Bland chromatin',
  'Normal nucleoli',
  'Mitoses',
];

const FEATURES: Feature[] = TITLES.map((title) => ({
  name: title.toLowerCase().replaceAll(' ', '_'),
  title,
  description: '',
  low: 'as in normal tissue',
  high: 'abnormal',
  aliases: [],
  min: 1,
  max: 10,
  integer: true,
}));

/** A model of nine grades. */
export const GRADES_MODEL: ModelVersion = {
  name: 'wbc-knn',
  version: '1.0.0',
  digest: 'sha256:0',
  schema: 'wbc',
  schema_title: 'Wisconsin Breast Cancer (Original)',
  features: FEATURES,
  labels: ['benign', 'malignant'],
  k: 5,
  metric: 'manhattan',
  rule: 'distance',
  operating_points: { default: 0.5 },
  training: { rows: 683, data_digest: 'sha256:1' },
  evaluation: {},
  comparisons: [],
  flip_searched: true,
  limits_of_use: [],
  links: { self: '/v1/models/wbc-knn/versions/1.0.0' },
};

/** The check of a file with one row that can be scored. */
export function preflightReport(changes: Partial<Preflight>): Preflight {
  return {
    filename: 'a.csv',
    input_sha256: '0',
    bytes: 4,
    model: { name: 'wbc-knn', version: '1.0.0', digest: 'sha256:0' },
    dialect: { delimiter: ',', line_end: 'LF', bom: false },
    columns: [],
    rows: { total: 1, valid: 1, rejected: 0, with_missing_features: 0, repeated: 0 },
    accepted: true,
    problems: [],
    import: null,
    warnings: [],
    warnings_total: 0,
    faults: [],
    rejected_by_code: {},
    errors: [],
    missing_by_feature: {},
    drift: { verdict: 'too_few_rows', columns: [] },
    eta_seconds: null,
    ...changes,
  };
}

/** A batch of ten scored rows, one of them undecided. */
export function finishedBatch(id: string, changes: Partial<Batch> = {}): Batch {
  return {
    id,
    status: 'succeeded',
    created_at: '2026-11-27T08:00:00Z',
    completed_at: '2026-11-27T08:01:00Z',
    filename: `${id}.csv`,
    model: { name: 'wbc-knn', version: '1.0.0', digest: 'sha256:0' },
    counts: { total: 10, pending: 0, succeeded: 10, rejected: 0, failed: 0 },
    summary: { benign: 6, malignant: 4, indeterminate: 1, missing_features: 0, classes: { benign: 6, malignant: 4 } },
    operating_point: 'default',
    progress: 1,
    eta_seconds: null,
    input_sha256: '0',
    links: { self: `/v1/batches/${id}`, results: `/v1/batches/${id}/results`, errors: `/v1/batches/${id}/errors` },
    ...changes,
  };
}

/** A finished training of `own/mylab@1`. */
export function finishedTraining(changes: Partial<Training> = {}): Training {
  return {
    id: 'training_1',
    status: 'succeeded',
    created_at: '2026-11-29T08:00:00Z',
    completed_at: '2026-11-29T08:01:00Z',
    name: 'mylab',
    filename: 'cases.csv',
    schema: 'wdbc',
    label: 'Class',
    group: 'ID',
    seed: 2,
    data: { rows: 569, complete_rows: 560, features: 30, classes: { benign: 352, malignant: 208 }, input_sha256: '0' },
    progress: 1,
    eta_seconds: null,
    model: 'own/mylab@1',
    evaluation: {
      folds: 10,
      repetitions: 5,
      coverage: 0.931,
      cv: { sensitivity: 0.962, specificity: 0.984, auc: 0.991, brier: 0.0256 },
      cv_intervals: {
        sensitivity: [0.931, 0.981],
        specificity: [0.967, 0.994],
        auc: [0.981, 0.997],
        brier: [0.017, 0.035],
      },
    },
    error: null,
    links: {
      self: '/v1/trainings/training_1',
      events: '/v1/trainings/training_1/events',
      model: '/v1/models/own/mylab/versions/1',
    },
    ...changes,
  };
}
