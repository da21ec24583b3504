import type { Training } from '../types';
import { formatTraining, formatTrainingList } from './format-training';

const TRAINED: Training = {
  id: 'training_1',
  status: 'succeeded',
  created_at: '2026-11-29T04:00:00Z',
  completed_at: '2026-11-29T04:01:00Z',
  name: 'mylab',
  filename: 'cases.csv',
  schema: 'custom-0123456789abcdef',
  label: 'Klasse',
  group: 'Fall',
  seed: 2,
  data: { rows: 500, complete_rows: 480, features: 3, classes: { gut: 300, schlecht: 180 }, input_sha256: '0' },
  progress: 1,
  eta_seconds: null,
  model: 'own/mylab@2',
  evaluation: {
    folds: 10,
    repetitions: 5,
    coverage: 0.931,
    cv: { sensitivity: 0.9712, specificity: 0.95, auc: 0.9871, brier: 0.03456, mcc: 0.9 },
    cv_intervals: { sensitivity: [0.94, 0.99], specificity: [0.92, 0.97], auc: [0.97, 0.995], brier: [0.02, 0.05] },
  },
  error: null,
  links: { self: '/v1/trainings/training_1', events: '/v1/trainings/training_1/events', model: null },
};

test('a trained model is printed with its figures and intervals, and how to compare and promote it', () => {
  expect(formatTraining(TRAINED).split('\n')).toEqual([
    'training_1: succeeded, 100.0 %',
    '  own/mylab from cases.csv, schema custom-0123456789abcdef, class column "Klasse", patients by "Fall"',
    '  500 rows, 480 complete with 3 features: 300 gut, 180 schlecht',
    '  in 10-fold cross-validation, repeated 5 times (95 % CI):',
    '    sensitivity 97.1 % (94.0 % to 99.0 %)',
    '    specificity 95.0 % (92.0 % to 97.0 %)',
    '    AUC 0.987 (0.970 to 0.995)',
    '    Brier score 0.0346 (0.0200 to 0.0500)',
    '    coverage 93.1 %: the share of records with a confident answer',
    'version own/mylab@2 is stored; it contains its training rows',
    '  compare it with the versions in use: cytoqueue models compare own/mylab 2',
    '  score with it: --model own/mylab@2, or make it what own/mylab means: cytoqueue models promote own/mylab 2',
  ]);
});

test('a running training is printed with its progress, a failed one with the reason', () => {
  const open: Training = {
    ...TRAINED,
    status: 'processing',
    progress: 0.42,
    eta_seconds: 11.2,
    model: null,
    evaluation: null,
  };
  expect(formatTraining(open)).toMatch(/^training_1: processing, 42\.0 %, about 12 s left\n.*\n.*schlecht$/);
  const failed: Training = {
    ...open,
    status: 'failed',
    error: { code: 'separable', detail: 'no curve can be fitted' },
  };
  expect(formatTraining(failed)).toContain('  separable: no curve can be fitted');
});

test('a list names the version of each training, or the model that it would become', () => {
  const data: Training[] = [{ ...TRAINED, id: 'training_2', status: 'queued', progress: 0, model: null }, TRAINED];
  expect(formatTrainingList({ data, has_more: true, last_id: 'training_1' }).split('\n')).toEqual([
    'training_2  2026-11-29T04:00:00Z  queued  0.0 %  own/mylab  cases.csv',
    'training_1  2026-11-29T04:00:00Z  succeeded  100.0 %  own/mylab@2  cases.csv',
    'next page: --after training_1',
  ]);
  expect(formatTrainingList({ data: [], has_more: false, last_id: null })).toBe('no trainings');
});
