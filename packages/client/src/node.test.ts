import { CytoqueueClient } from './cytoqueue-client';
import { submitFile } from './node';

test('a missing file rejects the promise', async () => {
  const submitted = submitFile(new CytoqueueClient({ url: 'http://127.0.0.1:9' }), '/does/not/exist.csv');
  await expect(submitted).rejects.toThrow('ENOENT');
});
