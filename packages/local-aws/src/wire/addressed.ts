import { isSigV2 } from './presigned.ts';

/** What a request says about itself before any body is read: the service it wants and who asks. */
export interface Addressed {
  /** The signing name, or undefined where nothing tells. */
  service: string | undefined;
  /** The operation of an AWS JSON request (`X-Amz-Target: AWSStepFunctions.StartExecution`). */
  target: string | undefined;
  sessionToken: string | undefined;
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
 * @param unsignedOn service of an unsigned request where the host tells it
 */
export function readAddress(
  path: string,
  query: URLSearchParams,
  headers: Record<string, string | undefined>,
  unsignedOn?: string,
): Addressed {
  const header = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const credential = header ?? query.get('X-Amz-Credential') ?? undefined;
  // AKIA…/20261123/eu-central-1/s3/aws4_request
  const signed = credential?.split('/').at(-2);
  const target = headers['x-amz-target'];
  const dot = target?.lastIndexOf('.') ?? -1;
  return {
    service: signed ?? unsignedOn ?? unsigned(path, query, target?.slice(0, dot)),
    target: target?.slice(dot + 1),
    sessionToken:
      headers['x-amz-security-token'] ??
      query.get('X-Amz-Security-Token') ??
      query.get('x-amz-security-token') ??
      undefined,
  };
}

function unsigned(
  path: string,
  query: URLSearchParams,
  targetPrefix: string | undefined,
): string | undefined {
  if (targetPrefix !== undefined) return TARGETS[targetPrefix];
  if (isSigV2(query)) return 's3';
  const version = query.get('Version');
  if (query.has('Action') && version !== null) return QUERY_VERSIONS[version];
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}
