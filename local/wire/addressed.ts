/** What a request says about itself before any body is read: the service it wants and who asks. */
export interface Addressed {
  /** The signing name, or undefined where nothing tells. */
  service: string | undefined;
  /** The operation of an AWS JSON request (`X-Amz-Target: AWSStepFunctions.StartExecution`). */
  target: string | undefined;
  accessKeyId: string | undefined;
  sessionToken: string | undefined;
  /** When a presigned URL ends, in milliseconds since 1970. */
  expires: number | undefined;
}

/** First part of `X-Amz-Target` to signing name, for requests without a signature. */
const TARGETS: Record<string, string> = {
  AWSStepFunctions: 'states',
  SageMaker: 'sagemaker',
  AWSEvents: 'events',
  AmazonSQS: 'sqs',
  Logs_20140328: 'logs',
  GraniteServiceVersion20100801: 'monitoring',
};

/** `Version` of a query form to signing name, for requests without a signature. */
export const QUERY_VERSIONS: Record<string, string> = {
  '2011-06-15': 'sts',
  '2010-05-08': 'iam',
  '2010-03-31': 'sns',
  '2010-05-15': 'cloudformation',
};

/** Path beginnings to signing name, for requests without a signature; what fits none is S3's. */
const PATHS: [RegExp, string][] = [
  [/^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings|layers|tags)\b/, 'lambda'],
  [/^\/(restapis|apikeys|usageplans|domainnames|account)(\/|$)/, 'apigateway'],
  [/^\/endpoints\/[^/]+\/(async-)?invocations/, 'sagemaker'],
];

/**
 * Reads the credential scope of a header's or a presigned URL's SigV4 signature. Signatures are not verified: any key
 * pair is the account's own (docs/fidelity.md).
 *
 * @param path as sent
 */
export function readAddress(
  path: string,
  query: URLSearchParams,
  headers: Record<string, string | undefined>,
): Addressed {
  const header = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const credential = header ?? query.get('X-Amz-Credential') ?? undefined;
  // accessKeyId/20261123/eu-central-1/s3/aws4_request
  const scope = credential?.split('/');
  const target = headers['x-amz-target'];
  const dot = target?.lastIndexOf('.') ?? -1;
  return {
    service: scope?.at(-2) ?? unsigned(path, query, target?.slice(0, dot)),
    target: target?.slice(dot + 1),
    accessKeyId: scope?.slice(0, -4).join('/'),
    sessionToken: headers['x-amz-security-token'] ?? query.get('X-Amz-Security-Token') ?? undefined,
    expires: presignedEnd(query),
  };
}

function unsigned(
  path: string,
  query: URLSearchParams,
  targetPrefix: string | undefined,
): string | undefined {
  if (targetPrefix !== undefined) return TARGETS[targetPrefix];
  const version = query.get('Version');
  if (query.has('Action') && version !== null) return QUERY_VERSIONS[version];
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

function presignedEnd(query: URLSearchParams): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
  const seconds = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  if (found === null || Number.isNaN(seconds)) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second) + seconds * 1000;
}
