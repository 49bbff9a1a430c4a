import { createHash } from 'node:crypto';
import { createCrc32, createCrc32c, createCrc64Nvme } from './crc.ts';

export const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** `COMPOSITE`: the checksum of the parts' checksums, with `-<parts>` behind it. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  algorithm: Algorithm;
  /** Base64. */
  value: string;
  type: ChecksumType;
}

/** Takes bytes, gives the digest. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

export function createDigest(algorithm: Algorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return createCrc32();
    case 'CRC32C':
      return createCrc32c();
    case 'CRC64NVME':
      return createCrc64Nvme();
    default: {
      const hash = createHash(algorithm.toLowerCase());
      return {
        update(bytes) {
          hash.update(bytes);
        },
        digest: () => hash.digest(),
      };
    }
  }
}

/** Bytes of a raw digest. */
export const DIGEST_BYTES: Record<Algorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
};

/** Name of the member in S3's shapes that carries this checksum. */
export const checksumMember = (algorithm: Algorithm) => `Checksum${algorithm}` as const;

/** Name of the HTTP header or trailer that carries it. */
export const checksumHeader = (algorithm: Algorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** The one algorithm whose checksum stands among these members (`ChecksumCRC32` …), with its value. */
export function givenChecksum(
  members: Record<string, unknown>,
): { algorithm: Algorithm; value: string } | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = members[checksumMember(algorithm)];
    if (typeof value === 'string') return { algorithm, value };
  }
  return undefined;
}

export function parseAlgorithm(name: string | undefined): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm === name?.toUpperCase());
}
