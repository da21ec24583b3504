import { warmUpInspection } from './warm-up';

test('the sample is read as a plain file', async () => {
  await expect(warmUpInspection()).resolves.toBeUndefined();
});
