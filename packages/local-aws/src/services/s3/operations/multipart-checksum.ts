import { type Algorithm, type Checksum, type ChecksumType, createDigest } from '../checksums/algorithms.ts';
import { combineCrc } from '../checksums/combine-crc.ts';
import { POLYNOMIALS } from '../checksums/crc.ts';
import { invalidRequest } from '../errors.ts';
import type { PartRecord } from '../store/records.ts';

type CrcAlgorithm = keyof typeof POLYNOMIALS;
const isCrc = (algorithm: Algorithm): algorithm is CrcAlgorithm => algorithm in POLYNOMIALS;

/**
 * The kind of checksum an upload gets: CRC-64/NVME only over the full object, hashes only as a composite, the
 * other CRCs either way, by default composite ("Checking object integrity", S3 user guide).
 */
export function checksumTypeFor(algorithm: Algorithm, asked: string | undefined): ChecksumType {
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible =
    type === 'FULL_OBJECT' ? isCrc(algorithm) : type === 'COMPOSITE' && algorithm !== 'CRC64NVME';
  if (!possible) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return type as ChecksumType;
}

/** The object's checksum from its parts', in order. */
export function wholeChecksum(
  { algorithm, type }: Pick<Checksum, 'algorithm' | 'type'>,
  parts: readonly PartRecord[],
): Checksum {
  const raw = parts.map((part) => Buffer.from(part.checksum.value, 'base64'));
  if (type === 'FULL_OBJECT' && isCrc(algorithm)) {
    const pieces = parts.map((part, index) => ({ crc: raw[index]!, length: part.size }));
    return { algorithm, type, value: combineCrc(algorithm, pieces).toString('base64') };
  }
  const digest = createDigest(algorithm);
  for (const bytes of raw) digest.update(bytes);
  return { algorithm, type: 'COMPOSITE', value: `${digest.digest().toString('base64')}-${parts.length}` };
}
