import { ServiceError } from '../../service.ts';

/** Errors in S3's own words (API reference, "Error responses"). */
export const noSuchBucket = (bucket: string) =>
  new ServiceError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket });

export const noSuchKey = (key: string) =>
  new ServiceError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });

export const noSuchVersion = (key: string, versionId: string) =>
  new ServiceError('NoSuchVersion', 'The specified version does not exist.', 404, {
    Key: key,
    VersionId: versionId,
  });

export const noSuchUpload = (uploadId: string) =>
  new ServiceError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
    { UploadId: uploadId },
  );

/** A GET or HEAD of a delete marker by its version id. */
export const methodNotAllowed = () =>
  new ServiceError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);

export const preconditionFailed = (condition: string) =>
  new ServiceError(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    412,
    {
      Condition: condition,
    },
  );

export const conditionalRequestConflict = (condition: string) =>
  new ServiceError(
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    409,
    { Condition: condition },
  );

export const notModified = () => new ServiceError('NotModified', 'Not Modified', 304);

export const invalidRange = (range: string, size: number) =>
  new ServiceError('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: range,
    ActualObjectSize: String(size),
  });

export const invalidArgument = (message: string, name: string, value: unknown) =>
  new ServiceError('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: String(value) });

export const invalidRequest = (message: string) => new ServiceError('InvalidRequest', message);

export const malformedXml = () =>
  new ServiceError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

export const notImplemented = (header: string) =>
  new ServiceError(
    'NotImplemented',
    'A header you provided implies functionality that is not implemented',
    501,
    { Header: header },
  );

export const incompleteBody = () =>
  new ServiceError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );

export const badDigest = (what: string) =>
  new ServiceError(
    'BadDigest',
    what === 'Content-MD5'
      ? 'The Content-MD5 you specified did not match what we received.'
      : `The ${what} you specified did not match the calculated checksum.`,
  );

export const invalidDigest = () =>
  new ServiceError('InvalidDigest', 'The Content-MD5 you specified is not valid.');

export const contentSha256Mismatch = (given: string, computed: string) =>
  new ServiceError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    400,
    { ClientComputedContentSHA256: given, S3ComputedContentSHA256: computed },
  );

export const entityTooLarge = (size: number, limit: number) =>
  new ServiceError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
    ProposedSize: String(size),
    MaxSizeAllowed: String(limit),
  });

export const missingContentLength = () =>
  new ServiceError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);

export const missingDigest = () =>
  invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');

export const malformedTrailer = () =>
  new ServiceError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  );

export const invalidPartNumber = (partNumber: number, parts: number) =>
  new ServiceError('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416, {
    PartNumberRequested: String(partNumber),
    ActualPartCount: String(Math.max(1, parts)),
  });
