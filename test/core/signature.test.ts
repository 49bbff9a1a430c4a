import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateSigningKeys, publicKeyOf, signBytes, verifyBytes } from '#core/signature.ts';

const keys = generateSigningKeys();
const others = generateSigningKeys();
const bytes = Buffer.from('manifest');
const signature = signBytes(bytes, keys.privateKey);

describe('a signature', () => {
  test('is accepted for exactly its bytes, by any of the trusted keys', () => {
    expect(() => verifyBytes(bytes, signature, [keys.publicKey])).not.toThrow();
    expect(() => verifyBytes(bytes, `${signature}\n`, [others.publicKey, keys.publicKey])).not.toThrow();
  });

  test.each<[string, Uint8Array, string, string[]]>([
    ['other bytes', Buffer.from('manifest '), signature, [keys.publicKey]],
    ['another key', bytes, signature, [others.publicKey]],
    ['no trusted key', bytes, signature, []],
    ['a changed signature', bytes, signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), [keys.publicKey]],
    ['half a signature', bytes, signature.slice(0, 40), [keys.publicKey]],
    ['an empty signature', bytes, '', [keys.publicKey]],
    ['no base64 at all', bytes, '§§§', [keys.publicKey]],
  ])('is refused with %s', (_what, given, text, trusted) => {
    expect(() => verifyBytes(given, text, trusted)).toThrow(
      expect.objectContaining({ name: 'IntegrityViolation', hint: expect.any(String) }),
    );
  });

  // RFC 8032, section 7.1, test 3.
  test('is Ed25519 as RFC 8032 has it', () => {
    const hex = (text: string) => Buffer.from(text, 'hex');
    const publicKey = Buffer.concat([
      hex('302a300506032b6570032100'),
      hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025'),
    ]).toString('base64');
    const known = hex(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ).toString('base64');

    expect(() => verifyBytes(hex('af82'), known, [publicKey])).not.toThrow();
  });
});

describe('signing keys', () => {
  test('come in pairs', () => {
    expect(publicKeyOf(keys.privateKey)).toBe(keys.publicKey);
    expect(keys.publicKey).toHaveLength(60);
  });

  test.each([
    ['no key', 'hello'],
    ['a public key', keys.publicKey],
    [
      'a key of another kind',
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    ],
  ])('%s is refused for signing, with a remedy', (_what, pem) => {
    expect(() => signBytes(bytes, pem)).toThrow(
      expect.objectContaining({ name: 'InvalidInput', hint: expect.stringContaining('keygen') }),
    );
  });

  test('a trusted key that is none is named', () => {
    expect(() => verifyBytes(bytes, signature, ['bm8ga2V5'])).toThrow(/bm8ga2V5/);
  });

  test('a trusted key of another kind verifies nothing', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64');
    expect(() => verifyBytes(bytes, signature, [rsa])).toThrow();
  });
});
