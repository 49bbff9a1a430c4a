import { describe, expect, test } from 'vitest';
import { claimedKeyId, generateSigningKeys, keyIdOf, signatureFile, signBytes } from '#core/signature.ts';
import {
  isTrusted,
  type RevokedKey,
  revokedKeysSchema,
  revokedKeysText,
  verifyTrusted,
} from '#core/signing-trust.ts';

const [first, second, stolen] = [generateSigningKeys(), generateSigningKeys(), generateSigningKeys()];
const bytes = Buffer.from('manifest');
const revokedKeys: RevokedKey[] = [{ publicKey: stolen.publicKey, on: '2026-11-28', name: 'gpu 3' }];
const trust = { publicKeys: [first.publicKey, second.publicKey], revokedKeys };

describe('manifest.sig', () => {
  test('names the key, by digits of the digest of its DER form', () => {
    // Of `openssl pkey -pubin -outform DER | sha256sum`, for the key of RFC 8032, section 7.1, test 3.
    expect(keyIdOf('MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=')).toBe('8d39ba50abe50f77');
    expect(claimedKeyId(signatureFile(bytes, first.privateKey))).toBe(keyIdOf(first.publicKey));
    expect(claimedKeyId(signBytes(bytes, first.privateKey))).toBeUndefined();
  });

  test('is accepted by what reads base64 up to its padding, as earlier deployments do', () => {
    const text = signatureFile(bytes, first.privateKey);
    expect(Buffer.from(text.trim(), 'base64').toString('base64')).toBe(signBytes(bytes, first.privateKey));
  });
});

describe('a signature', () => {
  test('of any trusted key is accepted, with and without the name of its key', () => {
    for (const { privateKey } of [first, second]) {
      expect(() => verifyTrusted(bytes, signatureFile(bytes, privateKey), trust)).not.toThrow();
      expect(() => verifyTrusted(bytes, signBytes(bytes, privateKey), trust)).not.toThrow();
    }
  });

  test('of a revoked key is refused by its id, name and day, even where it is listed as trusted', () => {
    const careless = { ...trust, publicKeys: [...trust.publicKeys, stolen.publicKey] };
    const text = signatureFile(bytes, stolen.privateKey);
    for (const each of [trust, careless]) {
      expect(() => verifyTrusted(bytes, text, each)).toThrow(
        `signed with key ${keyIdOf(stolen.publicKey)} ("gpu 3"), which was revoked on 2026-11-28`,
      );
      expect(isTrusted(bytes, text, each)).toBe(false);
    }
  });

  test('is judged by cryptography, whatever key its file claims', () => {
    const [signature] = signatureFile(bytes, stolen.privateKey).split('\n');
    const disguised = `${signature}\nkey ${keyIdOf(first.publicKey)}\n`;
    expect(() => verifyTrusted(bytes, disguised, trust)).toThrow(/which was revoked/);

    const [good] = signatureFile(bytes, first.privateKey).split('\n');
    const slandered = `${good}\nkey ${keyIdOf(stolen.publicKey)}\n`;
    expect(() => verifyTrusted(bytes, slandered, trust)).not.toThrow();
  });

  test('of an unknown key is refused with the id that its file claims and those that are trusted', () => {
    const unknown = generateSigningKeys();
    expect(() => verifyTrusted(bytes, signatureFile(bytes, unknown.privateKey), trust)).toThrow(
      new RegExp(`${keyIdOf(first.publicKey)}.*it says that it is of key ${keyIdOf(unknown.publicKey)}`),
    );
  });
});

describe('revoked keys', () => {
  test('survive as text', () => {
    const two = [...revokedKeys, { publicKey: second.publicKey, on: '2026-01-02', name: 'jane@lab' }];
    expect(revokedKeysSchema.parse(revokedKeysText(two))).toEqual(two);
    expect(revokedKeysSchema.parse('')).toEqual([]);
  });

  test.each(['MCow', `${stolen.publicKey} yesterday gpu`, `${stolen.publicKey} 2026-11-28`])(
    'that are not are refused: %s',
    (text) => expect(() => revokedKeysSchema.parse(text)).toThrow(/no public key, day and name/),
  );
});
