import { crc32, inflateRawSync } from 'node:zlib';
import { IntegrityError } from '../../errors.ts';

/** Signatures and field offsets are those of PKWARE's APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. */
const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const LONGEST_COMMENT = 0xffff;
/** Lambda's limit for unpacked code. */
const LARGEST_UNPACKED = 250 * 1024 * 1024;
const SYMBOLIC_LINK = 0o120000;

export interface ZipEntry {
  /** Relative, with slashes, inside the archive's root. */
  path: string;
  content: Buffer;
}

/**
 * The files of a zip archive (stored or deflated, no encryption, no zip64), checked against their checksums.
 *
 * @throws IntegrityError when it is no such archive, is damaged, or has a path that leaves its root
 */
export function readZip(archive: Buffer, name: string): ZipEntry[] {
  const damaged = (reason: string, cause?: unknown) =>
    new IntegrityError(`${name} is not a usable zip archive: ${reason}`, {
      hint: 'Build it again with `npm run package`.',
      ...(cause === undefined ? {} : { cause }),
    });
  try {
    return entries(archive, damaged);
  } catch (cause) {
    if (cause instanceof IntegrityError) throw cause;
    throw damaged((cause as Error).message, cause);
  }
}

function entries(archive: Buffer, damaged: (reason: string) => IntegrityError): ZipEntry[] {
  const end = findEnd(archive);
  if (end < 0) throw damaged('it has no directory of files (cut short?)');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw damaged('zip64 is not supported');

  const files: ZipEntry[] = [];
  let unpacked = 0;
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== CENTRAL_HEADER) throw damaged('its directory of files is damaged');
    const flags = archive.readUInt16LE(at + 8);
    const method = archive.readUInt16LE(at + 10);
    const checksum = archive.readUInt32LE(at + 16);
    const packedSize = archive.readUInt32LE(at + 20);
    const size = archive.readUInt32LE(at + 24);
    const nameLength = archive.readUInt16LE(at + 28);
    const mode = archive.readUInt32LE(at + 38) >>> 16;
    const localHeader = archive.readUInt32LE(at + 42);
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);

    if (path.endsWith('/')) continue;
    if (leavesRoot(path)) throw damaged(`the path "${path}" leaves the archive's root`);
    if ((flags & 1) !== 0) throw damaged(`"${path}" is encrypted`);
    if ((mode & 0o170000) === SYMBOLIC_LINK) throw damaged(`"${path}" is a symbolic link`);
    unpacked += size;
    if (unpacked > LARGEST_UNPACKED) throw damaged("it unpacks to more than Lambda's 250 MB");

    if (archive.readUInt32LE(localHeader) !== LOCAL_HEADER)
      throw damaged(`"${path}" is not where it should be`);
    const start =
      localHeader + 30 + archive.readUInt16LE(localHeader + 26) + archive.readUInt16LE(localHeader + 28);
    const packed = archive.subarray(start, start + packedSize);
    const content = unpack(method, packed, size);
    if (content === undefined) throw damaged(`"${path}" uses compression method ${method}`);
    if (content.length !== size || crc32(content) !== checksum) {
      throw damaged(`"${path}" does not match its checksum`);
    }
    files.push({ path, content });
  }
  return files;
}

function unpack(method: number, packed: Buffer, size: number): Buffer | undefined {
  if (method === 0) return Buffer.from(packed);
  // A size of one more than promised is enough to notice a bomb.
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: size + 1 });
  return undefined;
}

/** The end record is the last thing but a comment of unknown length: searched backwards. */
function findEnd(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - 22 - LONGEST_COMMENT);
  for (let at = archive.length - 22; at >= lowest; at--) {
    const comment = archive.length - at - 22;
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY && archive.readUInt16LE(at + 20) === comment) return at;
  }
  return -1;
}

function leavesRoot(path: string): boolean {
  return path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.split('/').includes('..');
}
