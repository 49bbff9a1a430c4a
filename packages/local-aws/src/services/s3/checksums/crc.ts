import { crc32 } from 'node:zlib';

/** A reflected CRC: state in, bytes, state out; states are opaque until `value`. */
export interface Crc {
  update(bytes: Uint8Array): void;
  /** Big-endian bytes, as S3 writes them in base64. */
  digest(): Buffer;
}

/** CRC-32 as in zlib and PNG. */
export function createCrc32(): Crc {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32(bytes, crc);
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(crc >>> 0);
      return out;
    },
  };
}

/** Reflected polynomials. CRC-32C: RFC 3720; CRC-64/NVME: NVM Express command set specification, 64b CRC. */
export const POLYNOMIALS = {
  CRC32: { bits: 32, reflected: 0xedb88320n },
  CRC32C: { bits: 32, reflected: 0x82f63b78n },
  CRC64NVME: { bits: 64, reflected: 0x9a6c9329ac4bc9b5n },
} as const;

const EIGHT_TABLES = 8;
let crc32cTables: Uint32Array[] | undefined;

/** Table `k` advances a byte by `k` zero bytes, so that eight bytes are processed at once (slicing-by-8). */
function tablesOfCrc32c(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    first[byte] = crc >>> 0;
  }
  const tables = [first];
  for (let k = 1; k < EIGHT_TABLES; k++) {
    const previous = tables[k - 1]!;
    tables.push(previous.map((crc) => (crc >>> 8) ^ first[crc & 0xff]!));
  }
  return tables;
}

/** CRC-32C (Castagnoli). */
export function createCrc32c(): Crc {
  crc32cTables ??= tablesOfCrc32c();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = crc32cTables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = -1;
  return {
    update(b) {
      const whole = b.length - (b.length % 8);
      let i = 0;
      for (; i < whole; i += 8) {
        crc ^= b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24);
        crc =
          t7[crc & 0xff]! ^
          t6[(crc >>> 8) & 0xff]! ^
          t5[(crc >>> 16) & 0xff]! ^
          t4[crc >>> 24]! ^
          t3[b[i + 4]!]! ^
          t2[b[i + 5]!]! ^
          t1[b[i + 6]!]! ^
          t0[b[i + 7]!]!;
      }
      for (; i < b.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ b[i]!) & 0xff]!;
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(~crc >>> 0);
      return out;
    },
  };
}

let crc64Tables: { low: Uint32Array; high: Uint32Array } | undefined;

function tablesOfCrc64(): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(256);
  const high = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIALS.CRC64NVME.reflected : crc >> 1n;
    }
    low[byte] = Number(crc & 0xffffffffn);
    high[byte] = Number(crc >> 32n);
  }
  return { low, high };
}

/**
 * CRC-64/NVME, which S3 computes where the client sends no checksum. In two 32-bit halves, as BigInt is 50
 * times slower.
 */
export function createCrc64Nvme(): Crc {
  crc64Tables ??= tablesOfCrc64();
  const { low: tableLow, high: tableHigh } = crc64Tables;
  let low = -1;
  let high = -1;
  return {
    update(bytes) {
      for (let i = 0; i < bytes.length; i++) {
        const index = (low ^ bytes[i]!) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!;
        high = (high >>> 8) ^ tableHigh[index]!;
      }
    },
    digest() {
      const out = Buffer.alloc(8);
      out.writeUInt32BE(~high >>> 0, 0);
      out.writeUInt32BE(~low >>> 0, 4);
      return out;
    },
  };
}
