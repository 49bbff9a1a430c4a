import type { RequestContext } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { invalidArgument } from './errors.ts';
import { contentEncodings } from './receive.ts';
import type { ObjectHeaders, Version } from './store/records.ts';

/** S3's limit for user metadata, names and values together. */
const METADATA_LIMIT = 2048;
const KEY_LIMIT = 1024;
const TAG_LIMIT = 10;

/** What PutObject, CopyObject and CreateMultipartUpload say about an object besides its bytes. */
export interface DescribingMembers {
  ContentType?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  Expires?: Date | string;
  WebsiteRedirectLocation?: string;
  Metadata?: Record<string, string>;
  Tagging?: string;
  ACL?: string;
}

export function describedHeaders(input: DescribingMembers, request: RequestContext): ObjectHeaders {
  const expires = request.headers.expires ?? input.Expires;
  const encoding = contentEncodings(input.ContentEncoding).rest;
  return {
    ContentType: input.ContentType ?? 'binary/octet-stream',
    ...(input.CacheControl === undefined ? {} : { CacheControl: input.CacheControl }),
    ...(input.ContentDisposition === undefined ? {} : { ContentDisposition: input.ContentDisposition }),
    ...(encoding === undefined ? {} : { ContentEncoding: encoding }),
    ...(input.ContentLanguage === undefined ? {} : { ContentLanguage: input.ContentLanguage }),
    ...(expires === undefined
      ? {}
      : { Expires: expires instanceof Date ? expires.toUTCString() : String(expires) }),
    ...(input.WebsiteRedirectLocation === undefined
      ? {}
      : { WebsiteRedirectLocation: input.WebsiteRedirectLocation }),
  };
}

/** Names in lower case, as S3 keeps them. */
export function describedMetadata(metadata: Record<string, string> = {}): Record<string, string> {
  const entries = Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value] as const);
  const size = entries.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (size > METADATA_LIMIT) {
    throw new ServiceError(
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      400,
      {
        Size: String(size),
        MaxSizeAllowed: String(METADATA_LIMIT),
      },
    );
  }
  return Object.fromEntries(entries);
}

/** Tags in the header's form, `a=1&b=2`. */
export function describedTags(header: string | undefined): Record<string, string> | undefined {
  if (header === undefined || header === '') return undefined;
  return assertTags([...new URLSearchParams(header)]);
}

export function assertTags(entries: readonly (readonly [string, string])[]): Record<string, string> {
  if (entries.length > TAG_LIMIT) {
    throw new ServiceError('BadRequest', 'Object tags cannot be greater than 10');
  }
  const tags = Object.fromEntries(entries);
  if (Object.keys(tags).length < entries.length) {
    throw new ServiceError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const [key, value] of entries) {
    if (key === '' || key.length > 128)
      throw new ServiceError('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw new ServiceError('InvalidTag', 'The TagValue you have provided is invalid');
  }
  return tags;
}

export function assertKey(key: string): void {
  if (key === '') throw invalidArgument('Object key must not be empty', 'Key', key);
  const size = Buffer.byteLength(key);
  if (size > KEY_LIMIT) {
    throw new ServiceError('KeyTooLongError', 'Your key is too long', 400, {
      Size: String(size),
      MaxSizeAllowed: String(KEY_LIMIT),
    });
  }
}

/** Members of a response that describe an object. */
export function describing(version: Version) {
  const { Expires, ...headers } = version.headers;
  const expires = Expires === undefined ? Number.NaN : Date.parse(Expires);
  return {
    ...headers,
    ...(Number.isNaN(expires) ? {} : { Expires: new Date(expires) }),
    ...(Object.keys(version.metadata).length === 0 ? {} : { Metadata: version.metadata }),
  };
}
