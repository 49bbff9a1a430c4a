import { createHash, timingSafeEqual } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestContext } from '../../service.ts';
import {
  ALGORITHMS,
  type Algorithm,
  type Checksum,
  checksumHeader,
  createDigest,
  DIGEST_BYTES,
  givenChecksum,
  parseAlgorithm,
} from './checksums/algorithms.ts';
import { AwsChunkedDecoder } from './checksums/aws-chunked.ts';
import {
  badDigest,
  contentSha256Mismatch,
  entityTooLarge,
  incompleteBody,
  invalidDigest,
  invalidRequest,
  malformedTrailer,
  missingContentLength,
  missingDigest,
} from './errors.ts';
import type { Blobs } from './store/blobs.ts';

/** S3's limit for one PutObject or UploadPart. */
const LARGEST_UPLOAD = 5 * 1024 ** 3;

/** Bytes that are on disk and are what the client said they are; not yet part of any object. */
export interface Received {
  blob: string;
  size: number;
  /** Hexadecimal. */
  md5: string;
  checksum: Checksum;
  /** Of S3's own algorithm, where that was asked for too. */
  own?: Checksum;
}

/** The members of PutObject's and UploadPart's inputs that say what the body must be. */
export interface BodyMembers {
  Body?: unknown;
  ContentLength?: number | undefined;
  ContentMD5?: string | undefined;
  ChecksumAlgorithm?: string | undefined;
  ChecksumCRC32?: string | undefined;
  ChecksumCRC32C?: string | undefined;
  ChecksumCRC64NVME?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
}

/**
 * Streams a request's body into a new blob and verifies every digest that came with it: `Content-MD5`,
 * checksum headers and trailers, the signature's payload hash. A blob that fails is removed.
 *
 * @param options `fallback` is the algorithm for a request that names none; `alsoFallback` computes it for
 *   the others too
 */
export async function receive(
  blobs: Blobs,
  input: BodyMembers,
  request: RequestContext,
  { fallback, alsoFallback = false }: { fallback: Algorithm; alsoFallback?: boolean },
): Promise<Received> {
  const { headers } = request;
  const payloadHash = headers['x-amz-content-sha256'] ?? '';
  const chunked =
    payloadHash.startsWith('STREAMING-') || contentEncodings(headers['content-encoding']).chunked;
  const declared = declaredLength(input, request, chunked);
  const trailer = trailerAlgorithm(headers['x-amz-trailer']);
  const given = givenChecksum(input as Record<string, unknown>);
  if (given !== undefined) assertForm(given.algorithm, given.value);
  const algorithm = given?.algorithm ?? trailer ?? parseAlgorithm(input.ChecksumAlgorithm) ?? fallback;

  const md5 = createHash('md5');
  const digester = createDigest(algorithm);
  const own = alsoFallback && algorithm !== fallback ? createDigest(fallback) : undefined;
  const sha256 = /^[0-9a-f]{64}$/.test(payloadHash) ? createHash('sha256') : undefined;
  let size = 0;
  const decoder = chunked ? new AwsChunkedDecoder() : undefined;
  const blob = blobs.create();
  const path = blobs.path(blob);
  const take = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > LARGEST_UPLOAD) throw entityTooLarge(size, LARGEST_UPLOAD);
      md5.update(chunk);
      digester.update(chunk);
      own?.update(chunk);
      sha256?.update(chunk);
      yield chunk;
    }
  };

  try {
    // Not the request itself: on an error the pipeline would destroy it, and with it the connection for the
    // response.
    const body = (request.body ?? asStream(input.Body)).iterator({ destroyOnReturn: false });
    const file = createWriteStream(path, { flags: 'wx', flush: true });
    if (decoder === undefined) await pipeline(body, take, file);
    else await pipeline(body, decoder, take, file);

    if (declared !== undefined && declared !== size) throw incompleteBody();
    const digest = md5.digest();
    verifyMd5(input.ContentMD5, digest);
    if (sha256 !== undefined) verifyPayloadHash(payloadHash, sha256.digest('hex'));
    const value = digester.digest().toString('base64');
    if (given !== undefined) verifyChecksum(algorithm, given.value, value);
    else if (trailer !== undefined) {
      verifyChecksum(algorithm, trailerChecksum(trailer, algorithm, decoder), value);
    }
    const checksum: Checksum = { algorithm, value, type: 'FULL_OBJECT' };
    return {
      blob,
      size,
      md5: digest.toString('hex'),
      checksum,
      ...(own === undefined
        ? {}
        : { own: { ...checksum, algorithm: fallback, value: own.digest().toString('base64') } }),
    };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/**
 * The object's length as the request says it, which S3 wants to know before it takes any byte.
 *
 * @returns undefined within the process, where nothing was sent
 * @throws ServiceError MissingContentLength, EntityTooLarge
 */
function declaredLength(input: BodyMembers, request: RequestContext, chunked: boolean): number | undefined {
  const { headers } = request;
  const text = chunked ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (request.body !== undefined && !/^\d+$/.test(text ?? '')) throw missingContentLength();
  const length = text === undefined ? input.ContentLength : Number(text);
  if (length !== undefined && length > LARGEST_UPLOAD) throw entityTooLarge(length, LARGEST_UPLOAD);
  return length;
}

/** Splits a `Content-Encoding`: `aws-chunked` describes the transfer, the rest is the object's encoding. */
export function contentEncodings(header: string | undefined): { chunked: boolean; rest: string | undefined } {
  const names = (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const rest = names.filter((name) => name.toLowerCase() !== 'aws-chunked');
  return { chunked: rest.length < names.length, rest: rest.length > 0 ? rest.join(',') : undefined };
}

function asStream(body: unknown): Readable {
  if (body === undefined || body === null) return Readable.from([]);
  if (typeof body === 'string') return Readable.from([Buffer.from(body)]);
  if (body instanceof Uint8Array) return Readable.from([Buffer.from(body)]);
  return body as Readable;
}

function trailerAlgorithm(header: string | undefined): Algorithm | undefined {
  for (const name of (header ?? '').split(',')) {
    const algorithm = parseAlgorithm(name.trim().replace(/^x-amz-checksum-/i, ''));
    if (algorithm !== undefined) return algorithm;
  }
  return undefined;
}

function assertForm(algorithm: Algorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== DIGEST_BYTES[algorithm] || bytes.toString('base64') !== value) {
    throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}

function verifyMd5(given: string | undefined, computed: Buffer): void {
  if (given === undefined) return;
  const bytes = Buffer.from(given, 'base64');
  if (bytes.length !== computed.length) throw invalidDigest();
  if (!timingSafeEqual(bytes, computed)) throw badDigest('Content-MD5');
}

function verifyPayloadHash(given: string, computed: string): void {
  if (given !== computed) throw contentSha256Mismatch(given, computed);
}

function verifyChecksum(algorithm: Algorithm, sent: string, computed: string): void {
  if (sent !== computed) throw badDigest(algorithm);
}

/** The checksum that came after the body. */
function trailerChecksum(
  trailer: Algorithm,
  algorithm: Algorithm,
  decoder: AwsChunkedDecoder | undefined,
): string {
  const sent = decoder?.trailers.get(checksumHeader(trailer));
  if (sent === undefined) throw malformedTrailer();
  assertForm(algorithm, sent);
  return sent;
}

/**
 * Verifies the digests of an unstreamed body (an XML document): `Content-MD5` and checksum headers.
 *
 * @param required whether there has to be one: S3 deletes and tags nothing by a list that may have been cut
 */
export function assertBody({ rawBody, headers }: RequestContext, required = false): void {
  if (rawBody === undefined) return;
  if (required && !['content-md5', ...ALGORITHMS.map(checksumHeader)].some((name) => headers[name])) {
    throw missingDigest();
  }
  verifyMd5(headers['content-md5'], createHash('md5').update(rawBody).digest());
  const payloadHash = headers['x-amz-content-sha256'] ?? '';
  if (/^[0-9a-f]{64}$/.test(payloadHash)) {
    verifyPayloadHash(payloadHash, createHash('sha256').update(rawBody).digest('hex'));
  }
  for (const algorithm of ALGORITHMS) {
    const given = headers[checksumHeader(algorithm)];
    if (given === undefined) continue;
    assertForm(algorithm, given);
    const digest = createDigest(algorithm);
    digest.update(rawBody);
    if (digest.digest().toString('base64') !== given) throw badDigest(algorithm);
  }
}
