import type { AuditEvent } from '@cytoqueue/client';
import { matches, toCsv } from './audit-filter';

const EVENT: AuditEvent = {
  at: '2026-11-27T09:14:03.120Z',
  actor: { tenant: 'lab-a', key_id: 'reader-2' },
  action: 'batch.get-results',
  resource: 'batches/batch_1',
  outcome: 'denied',
};
const ALL = { key: '', action: '', outcome: '' } as const;

test.each([
  [ALL, true],
  [{ ...ALL, key: 'READER' }, true],
  [{ ...ALL, action: 'batch_1', outcome: 'denied' } as const, true],
  [{ ...ALL, key: 'reader-3' }, false],
  [{ ...ALL, outcome: 'done' } as const, false],
])('the filter %j', (filter, expected) => {
  expect(matches(EVENT, filter)).toBe(expected);
});

test('the export quotes its cells, and a spreadsheet runs none as a formula', async () => {
  expect(await toCsv([{ ...EVENT, resource: '=1+1,"a"' }])).toBe(
    '"at","key","action","resource","outcome"\r\n' +
      '"2026-11-27T09:14:03.120Z","lab-a / reader-2","batch.get-results","\'=1+1,""a""","denied"\r\n',
  );
});
