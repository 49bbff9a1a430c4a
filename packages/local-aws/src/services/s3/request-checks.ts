import {
  ChecksumAlgorithm,
  EncodingType,
  MetadataDirective,
  ObjectAttributes,
  ServerSideEncryption,
  StorageClass,
  TaggingDirective,
} from '@aws-sdk/client-s3';
import { ServiceError } from '../../service.ts';
import { invalidArgument, invalidRequest, notImplemented } from './errors.ts';

/**
 * Settings that are not emulated and would change what is stored or who may read it. They are refused, not
 * ignored.
 */
const REFUSED = {
  SSECustomerAlgorithm: 'x-amz-server-side-encryption-customer-algorithm',
  CopySourceSSECustomerAlgorithm: 'x-amz-copy-source-server-side-encryption-customer-algorithm',
  WriteOffsetBytes: 'x-amz-write-offset-bytes',
  ObjectLockEnabledForBucket: 'x-amz-bucket-object-lock-enabled',
  ObjectLockMode: 'x-amz-object-lock-mode',
  ObjectLockRetainUntilDate: 'x-amz-object-lock-retain-until-date',
  ObjectLockLegalHoldStatus: 'x-amz-object-lock-legal-hold',
  BypassGovernanceRetention: 'x-amz-bypass-governance-retention',
  MFA: 'x-amz-mfa',
  GrantFullControl: 'x-amz-grant-full-control',
  GrantRead: 'x-amz-grant-read',
  GrantReadACP: 'x-amz-grant-read-acp',
  GrantWrite: 'x-amz-grant-write',
  GrantWriteACP: 'x-amz-grant-write-acp',
  // Conditions that only directory buckets know.
  IfMatchLastModifiedTime: 'x-amz-if-match-last-modified-time',
  IfMatchSize: 'x-amz-if-match-size',
  ChecksumXXHASH64: 'x-amz-checksum-xxhash64',
  ChecksumXXHASH3: 'x-amz-checksum-xxhash3',
  ChecksumXXHASH128: 'x-amz-checksum-xxhash128',
};

/** A bucket whose owner owns everything (the default since 2023) takes these two and refuses other lists. */
const HARMLESS_ACLS = new Set(['private', 'bucket-owner-full-control']);

/** Members with a fixed set of values, and S3's words for another one. */
const VALUES: Record<string, { among: object; refusal(value: string): ServiceError }> = {
  EncodingType: {
    among: EncodingType,
    refusal: (value) =>
      invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', value),
  },
  MetadataDirective: {
    among: MetadataDirective,
    refusal: (value) => invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', value),
  },
  TaggingDirective: {
    among: TaggingDirective,
    refusal: (value) => invalidArgument('Unknown tagging directive.', 'x-amz-tagging-directive', value),
  },
  StorageClass: {
    among: StorageClass,
    refusal: (value) =>
      new ServiceError('InvalidStorageClass', 'The storage class you specified is not valid', 400, {
        StorageClassRequested: value,
      }),
  },
  ServerSideEncryption: {
    among: ServerSideEncryption,
    refusal: (value) =>
      invalidArgument(
        'The encryption method specified is not supported',
        'x-amz-server-side-encryption',
        value,
      ),
  },
  ChecksumAlgorithm: {
    among: ChecksumAlgorithm,
    refusal: () =>
      invalidRequest(
        `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${Object.values(ChecksumAlgorithm).join(', ')}]`,
      ),
  },
  ObjectAttributes: {
    among: ObjectAttributes,
    refusal: (value) =>
      invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', value),
  },
};

/**
 * Checks every request before its operation: an expected owner, members that are not emulated, values that S3
 * does not know.
 *
 * @throws ServiceError
 */
export function checkRequest(input: object, accountId: string): void {
  const members = input as Record<string, unknown>;
  for (const owner of [members.ExpectedBucketOwner, members.ExpectedSourceBucketOwner]) {
    if (owner !== undefined && owner !== accountId) {
      throw new ServiceError('AccessDenied', 'Access Denied', 403);
    }
  }
  for (const [member, header] of Object.entries(REFUSED)) {
    if (members[member] !== undefined && members[member] !== false) throw notImplemented(header);
  }
  for (const [member, { among, refusal }] of Object.entries(VALUES)) {
    for (const value of [members[member] ?? []].flat() as string[]) {
      if (!Object.values(among).includes(value.trim())) throw refusal(value);
    }
  }
  if (/^XXHASH/.test(String(members.ChecksumAlgorithm ?? '')))
    throw notImplemented('x-amz-checksum-algorithm');
  // A bucket's is CreateBucket's own matter.
  if (members.Key !== undefined && members.ACL !== undefined && !HARMLESS_ACLS.has(String(members.ACL))) {
    throw new ServiceError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
  }
}
