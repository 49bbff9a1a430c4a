import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { championKey, generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { generateSigningKeys, keyIdOf, signBytes } from '#core/signature.ts';
import type { RevokedKey } from '#core/signing-trust.ts';
import { createVerifyModel } from '../../functions/verify-model.ts';
import { champion, domain, manifest, modelFiles, newerVersion, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const keys = generateSigningKeys();
const prefix = generalModelPrefix(subject.model, subject.version);
const input = { model: subject.model, version: subject.version };
const verify = (
  given: Parameters<ReturnType<typeof createVerifyModel>>[0] = input,
  revokedKeys: RevokedKey[] = [],
) =>
  createVerifyModel(
    stage.services({
      settings: { publicKeys: [generateSigningKeys().publicKey, keys.publicKey], revokedKeys },
    }),
  )(given);

async function pushModel(given: object = manifest(), files: Record<string, string | undefined> = modelFiles) {
  const bytes = Buffer.from(JSON.stringify(given));
  for (const [name, text] of Object.entries(files)) {
    if (text !== undefined) await stage.put(buckets.models, prefix + name, text);
  }
  await stage.put(
    buckets.models,
    signatureKey(subject.model, subject.version),
    signBytes(bytes, keys.privateKey),
  );
  await stage.put(buckets.models, manifestKey(subject.model, subject.version), bytes);
}
const remove = (key: string) => stage.remove(buckets.models, key);

describe('verify-model', () => {
  beforeEach(() => pushModel());

  test('accepts a complete, signed model and lists the domains that have a domain.json', async () => {
    await stage.put(buckets.data, 'domains/produce/domain.json', domain());
    await stage.put(buckets.data, 'domains/Tools_2/domain.json', '{}');
    await stage.put(buckets.data, 'domains/unfinished/train/a/1.png', 'x');

    expect(await verify()).toEqual({
      ...input,
      manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      domains: ['Tools_2', 'produce'],
      chosen: false,
      manual: {},
    });
  });

  test('returns the chosen domains, once each, without looking for them', async () => {
    const verified = await verify({ ...input, domains: ['nowhere', 'produce', 'nowhere'] });

    expect(verified).toMatchObject({ domains: ['nowhere', 'produce'], chosen: true });
  });

  test('passes on who forces it', async () => {
    const force = { by: 'jane', reason: 'Monday' };

    expect(await verify({ ...input, domains: ['produce'], force })).toMatchObject({ manual: { force } });
  });

  test('finds the target of a rollback, without a general model', async () => {
    await remove(manifestKey(subject.model, subject.version));
    const live = champion(newerVersion, { endpointConfig: 'config-live' });
    await stage.put(buckets.artifacts, championKey('produce'), live);
    for (const one of [champion(olderVersion), { ...live, promotedAt: '2026-11-30T00:00:00.000Z' }]) {
      await stage.store.championHistory.add(one);
    }

    const verified = await verify({ rollback: { domain: 'produce', by: 'jane', reason: 'limes' } });

    expect(verified).toEqual({
      model: 'icons',
      version: olderVersion,
      domains: ['produce'],
      chosen: true,
      manual: {
        rollback: {
          from: {
            version: newerVersion,
            execution: live.execution,
            endpointConfig: 'config-live',
            by: 'jane',
            reason: 'limes',
          },
          target: champion(olderVersion),
        },
      },
    });
  });

  test('fails where there is no model', async () => {
    await expect(verify({ model: 'icons', version: newerVersion })).rejects.toMatchObject({
      name: 'NotFound',
      message: expect.stringContaining(newerVersion),
    });
  });

  test('refuses a file that is missing', async () => {
    await remove(`${prefix}model.onnx`);

    await expect(verify()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringContaining('model.onnx'),
    });
  });

  test.each([
    ['a changed byte', 'weighty', /model\.onnx.*SHA-256/],
    ['a byte more', 'weights!', /model\.onnx.*8 bytes.*says 7/],
  ])('refuses %s', async (_what, content, message) => {
    await stage.put(buckets.models, `${prefix}model.onnx`, content);

    await expect(verify()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringMatching(message),
    });
  });

  test('refuses a file that the manifest does not name', async () => {
    await stage.put(buckets.models, `${prefix}extra.js`, 'x');

    await expect(verify()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringContaining('extra.js'),
    });
    await remove(`${prefix}extra.js`);
  });

  test.each([
    ['of other bytes', () => signBytes(Buffer.from('other'), keys.privateKey)],
    [
      'with a key that is not trusted',
      () => signBytes(Buffer.from(JSON.stringify(manifest())), generateSigningKeys().privateKey),
    ],
    ['that is no signature', () => 'hello'],
  ])('refuses a signature %s', async (_what, signature) => {
    await stage.put(buckets.models, signatureKey(subject.model, subject.version), signature());

    await expect(verify()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringContaining('manifest.sig'),
    });
  });

  test('refuses a model that it accepted before, once its key is revoked', async () => {
    await expect(verify()).resolves.toMatchObject(input);

    const revoked = { publicKey: keys.publicKey, on: '2026-11-28', name: 'gpu-3' };
    await expect(verify(input, [revoked])).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: `The model is signed with key ${keyIdOf(keys.publicKey)} ("gpu-3"), which was revoked on 2026-11-28`,
      hint: expect.stringContaining('push it again'),
    });
  });

  test('refuses a model without a signature', async () => {
    await remove(signatureKey(subject.model, subject.version));

    await expect(verify()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringMatching(/not signed/),
    });
  });

  test.each([
    ['a minute', 60_000, true],
    ['four minutes', 4 * 60_000, true],
    ['six minutes', 6 * 60_000, false],
    ['ten years', 3650 * 24 * 3_600_000, false],
  ])('a version that is %s ahead of S3’s clock', async (_what, ahead, fine) => {
    const time = new Date(Date.now() + ahead).toISOString().replace(/[-:]|\.\d+/g, '');
    const version = `${time}-abcdef`;
    const bytes = Buffer.from(JSON.stringify(manifest({ version })));
    const folder = generalModelPrefix(subject.model, version);
    for (const [name, text] of Object.entries(modelFiles))
      await stage.put(buckets.models, folder + name, text);
    await stage.put(buckets.models, `${folder}manifest.sig`, signBytes(bytes, keys.privateKey));
    await stage.put(buckets.models, `${folder}manifest.json`, bytes);

    const result = verify({ model: subject.model, version });

    if (fine) await expect(result).resolves.toMatchObject({ version });
    else {
      await expect(result).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringMatching(/when S3 received it: the clock .* is fast/),
        hint: expect.stringMatching(/--redate/),
      });
    }
  });

  test.each([
    ['another version than its key', manifest({ version: newerVersion }), 'IntegrityViolation', /version/],
    ['another model than its key', manifest({ model: 'photos' }), 'IntegrityViolation', /model .*photos/],
    ['an unknown field', { ...manifest(), colour: 'blue' }, 'InvalidInput', /colour/],
    [
      'an older schema version',
      { ...manifest(), schemaVersion: 1, features: undefined },
      'InvalidInput',
      /manifest\.json is not valid: schemaVersion: expected 2, found 1: train or import again [^;]*$/,
    ],
    ['a missing field', { ...manifest(), features: undefined }, 'InvalidInput', /features/],
    [
      'a path for a file',
      manifest({ files: [{ ...manifest().files[0]!, name: '../secret' }] }),
      'InvalidInput',
      /files\.0\.name/,
    ],
  ])('refuses a signed manifest with %s', async (_what, given, name, message) => {
    await pushModel(given);

    await expect(verify()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  test('refuses every model while no key is trusted', async () => {
    const trustless = createVerifyModel(stage.services());

    await expect(trustless(input)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });
});
