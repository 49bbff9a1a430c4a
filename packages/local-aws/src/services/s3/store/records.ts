import type { Checksum } from '../checksums/algorithms.ts';

/** Version id of what was written while versioning was not enabled. */
export const NULL_VERSION = 'null';

/** One stretch of an object's bytes: an object that was uploaded in parts keeps them as they came. */
export interface Segment {
  blob: string;
  size: number;
}

/** Headers that S3 keeps and gives back as they came. */
export interface ObjectHeaders {
  ContentType?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  /** As sent. */
  Expires?: string;
  WebsiteRedirectLocation?: string;
}

export interface PartRecord {
  partNumber: number;
  size: number;
  /** MD5, hexadecimal. */
  md5: string;
  /** By the upload's algorithm: the object's is made of these. */
  checksum: Checksum;
  /** What the client sent and gets back, where that is another one. */
  sent?: Checksum;
  blob: string;
  /** Milliseconds since 1970. */
  modified: number;
}

/** One version of an object, or a delete marker. */
export interface Version {
  versionId: string;
  /** Hexadecimal; greater for what happened to the bucket later. */
  sequencer: string;
  /** Milliseconds since 1970. */
  modified: number;
  deleteMarker?: true;
  size: number;
  /** Without quotation marks: MD5, or for a multipart upload MD5 of the parts' MD5s and `-<parts>`. */
  etag: string;
  segments: Segment[];
  headers: ObjectHeaders;
  metadata: Record<string, string>;
  checksum?: Checksum;
  tags?: Record<string, string>;
  /** Of a multipart upload: the checksum of each part, in order; sizes are the segments'. */
  partChecksums?: string[];
  /** The multipart upload that this came from, so that a repeated completion finds its result. */
  uploadId?: string;
}

/** All versions of one key, the newest first. */
export interface ObjectRecord {
  versions: Version[];
}

export interface BucketRecord {
  name: string;
  /** Milliseconds since 1970. */
  created: number;
  versioning: 'Off' | 'Enabled' | 'Suspended';
  /** Whether changes are published on the default event bus. */
  eventBridge: boolean;
}

export interface UploadRecord {
  bucket: string;
  key: string;
  uploadId: string;
  /** Milliseconds since 1970. */
  initiated: number;
  headers: ObjectHeaders;
  metadata: Record<string, string>;
  tags?: Record<string, string>;
  checksum: Pick<Checksum, 'algorithm' | 'type'>;
  /** Whether the client chose the algorithm; otherwise S3's own CRC-64 is not shown for the parts. */
  chosen: boolean;
}
