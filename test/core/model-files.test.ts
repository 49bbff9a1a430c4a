import { expect, test } from 'vitest';
import { sha256, sha256OfStream } from '#core/digest.ts';
import { verifyModelFiles } from '#core/model-files.ts';
import { manifest, modelFiles } from '../functions/samples.ts';

const verify = (files: Record<string, string>) =>
  verifyModelFiles(manifest(), {
    place: 'the shelf',
    hint: 'Try again.',
    digestOf: async (name) => ({ sha256: sha256(files[name]!), size: Buffer.byteLength(files[name]!) }),
  });

test('files that are what their manifest lists pass', async () => {
  await expect(verify(modelFiles)).resolves.toBeUndefined();
});

test.each([
  ['another content', 'weighty', /^model\.onnx in the shelf .* icons .*: its content has changed \(SHA-256/],
  ['another size', 'weights!', /: it has 8 bytes instead of 7$/],
])('a file of %s is refused by name', async (_what, content, message) => {
  await expect(verify({ ...modelFiles, 'model.onnx': content })).rejects.toMatchObject({
    name: 'IntegrityViolation',
    message: expect.stringMatching(message),
    hint: 'Try again.',
  });
});

test('a stream has the digest of its bytes, however they are cut', async () => {
  async function* chunks() {
    yield Buffer.from('some ');
    yield Buffer.from('text');
  }

  expect(await sha256OfStream(chunks())).toEqual({ sha256: sha256('some text'), size: 9 });
});
