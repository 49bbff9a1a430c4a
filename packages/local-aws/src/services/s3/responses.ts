import { type Checksum, checksumMember } from './checksums/algorithms.ts';
import { NULL_VERSION, type Version } from './store/records.ts';

/** The `VersionId` member, which S3 leaves out where versioning was never enabled. */
export function versionHeader(version: Version): { VersionId?: string } {
  return version.versionId === NULL_VERSION ? {} : { VersionId: version.versionId };
}

/** `ChecksumCRC32` … and `ChecksumType`. */
export function checksumMembers(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumMember(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type };
}

/**
 * `EncodingType=url`: encodes like a form, but keeps slashes. For keys with characters that XML 1.0 cannot
 * contain.
 */
export function encodedWith(encodingType: string | undefined): (text: string) => string {
  if (encodingType !== 'url') return (text) => text;
  return (text) => new URLSearchParams({ k: text }).toString().slice(2).replaceAll('%2F', '/');
}
