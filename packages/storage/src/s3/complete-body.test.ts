import { Readable } from 'node:stream';
import { sharedReadBuffer } from './shared-read-buffer';
import { completeBody } from './complete-body';

describe('a response body', () => {
  it('fails when bytes are missing', async () => {
    expect(
      Buffer.concat(await completeBody(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3).toArray()).toString(),
    ).toBe('abc');
    await expect(completeBody(Readable.from([Buffer.from('ab')]), 3).toArray()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('fails when a chunk lies in the shared read buffer', async () => {
    const { buffer } = sharedReadBuffer.onread as { buffer: Uint8Array };
    await expect(completeBody(Readable.from([buffer.subarray(0, 3)]), 3).toArray()).rejects.toThrow('not copied');
  });
});
