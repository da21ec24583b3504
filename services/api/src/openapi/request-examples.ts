/** Request bodies that work as they stand, by operationId and media type. `/docs` fills them in. */

const FEATURES = {
  clump_thickness: 5,
  uniformity_of_cell_size: 4,
  uniformity_of_cell_shape: 4,
  marginal_adhesion: 3,
  single_epithelial_cell_size: 2,
  bare_nuclei: null,
  bland_chromatin: 4,
  normal_nucleoli: 3,
  mitoses: 1,
};

const FILE = `id,${Object.keys(FEATURES).join(',')}\n1000025,5,1,1,1,2,1,3,1,1\n1015425,8,10,10,8,7,10,9,7,1\n`;
const file = { 'text/csv': FILE };
const review = { 'application/json': { decision: 'repeat', note: 'Two nuclei are out of focus.' } };

export const requestExamples: Record<string, Record<string, unknown>> = {
  signIn: { 'application/json': { api_key: 'cq_…' } },
  createPrediction: { 'application/json': { sample_id: 'slide 7', features: FEATURES } },
  createBatch: file,
  preflightBatch: file,
  searchBatchRows: { 'application/json': { id_prefix: '10' } },
  createPredictionReview: review,
  createBatchRowReview: review,
  putImportProfile: {
    'application/json': { columns: { clump_thickness: 'Dicke', id: 'Fallnummer' }, missing: ['k.A.'] },
  },
  createConfirmation: {
    'application/json': {
      prediction_id: 'pred_01jd3v5k2m8n9p0q1r2s3t4v5w',
      confirmed_class: 'benign',
      confirmed_at: '2026-11-02',
    },
    'text/csv': 'prediction_id,confirmed_class\npred_01jd3v5k2m8n9p0q1r2s3t4v5w,benign\n',
  },
  createTraining: {
    'multipart/form-data': { name: 'mylab', schema: 'wdbc', label: 'Diagnosis', group: 'Patient', file: 'cases.csv' },
  },
  promoteModel: { 'application/json': { version: '1.1.0' } },
  promoteOwnModel: { 'application/json': { version: '1' } },
  setModelShadow: { 'application/json': { version: '1.0.0' } },
  createKey: { 'application/json': { role: 'member' } },
  deleteKey: { 'application/json': {} },
  replaceSettings: { 'application/json': { default_model: null, operating_point: 'default' } },
};
