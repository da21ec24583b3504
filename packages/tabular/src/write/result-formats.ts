export type ResultFormat = 'xlsx' | 'jsonl' | 'parquet';

export const RESULT_FORMATS: Readonly<Record<ResultFormat, { mediaType: string; extension: string }>> = {
  xlsx: { mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: '.xlsx' },
  jsonl: { mediaType: 'application/jsonl', extension: '.jsonl' },
  parquet: { mediaType: 'application/vnd.apache.parquet', extension: '.parquet' },
};
