import { openStore } from './index';

describe('openStore', () => {
  it.each([
    ['file:///var/lib/cytoqueue', 'file:///var/lib/cytoqueue'],
    ['file:///with%20space/', 'file:///with%20space'],
    ['s3://results', 's3://results/'],
    ['s3://results/some/place/', 's3://results/some/place'],
  ])('opens %s', async (storageUrl, url) => {
    const store = openStore(storageUrl);
    expect(store.url).toBe(url);
    await store.stop();
  });

  it.each([
    '',
    '/var/lib',
    'objects',
    'http://host/x',
    'file://host/dir',
    'file:dir',
    'file:///',
    's3://',
    's3:///x',
    's3://B',
    's3://ok-bucket/.x',
    's3://ok-bucket/a//b',
    's3://ok-bucket/?versions',
    'gs://bucket',
  ])('refuses %j and names the allowed forms', (storageUrl) => {
    expect(() => openStore(storageUrl)).toThrow('storage URL must be');
  });

  it('does not print a password', () => {
    expect(() => openStore('s3://id:secret@bucket/x')).toThrow('"s3://…@bucket/x"');
  });
});
