import { schemas } from '@cytoqueue/schema';
import { UploadInspector } from './upload-inspector';

/** More rows cost more and make the first upload no faster. */
const SAMPLE_ROWS = 100;

/**
 * Inspects a sample file, so that the code is compiled before the first upload, which would otherwise take twice as long.
 * Nothing is stored.
 * @throws Error if the sample is not read as a plain file, so that it would warm up nothing
 */
export async function warmUpInspection(): Promise<void> {
  const inspector = new UploadInspector(
    { schema: schemas.wbc },
    { maxUploadBytes: Number.POSITIVE_INFINITY, shardRows: SAMPLE_ROWS },
  );
  for await (const _ of inspector.inspectWhileStreaming(sampleFile()));
  inspector.result();
}

/** With identifiers and classes, as most files of labs have them. */
async function* sampleFile(): AsyncGenerator<Uint8Array> {
  const { features, labelColumns } = schemas.wbc;
  const header = ['id', ...features.map(({ name }) => name), labelColumns[0]].join(',');
  const rows = Array.from({ length: SAMPLE_ROWS }, (_, row) =>
    [100_000 + row, ...features.map((_, feature) => 1 + ((row * (feature + 1)) % 10)), 2 + 2 * (row % 2)].join(','),
  );
  yield Buffer.from(`${[header, ...rows].join('\n')}\n`);
}
