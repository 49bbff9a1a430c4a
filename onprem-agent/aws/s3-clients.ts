import { S3Client } from '@aws-sdk/client-s3';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { type AwsOptions, clientOptions } from './options.ts';

const nothing = () => {};
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Seconds without a connection, and without any byte over one, after which it counts as broken. */
const [CONNECT_SECONDS, SILENT_SECONDS] = [15, 60];

/**
 * A client of S3 for uploads that last: it makes one attempt, since the caller tries again for longer than
 * the SDK would. It can read credentials again that a person has renewed in a file meanwhile. It does not ask
 * `Expect: 100-continue`, for which the SDK opens a new connection for every part.
 *
 * @param profile of the shared configuration files
 */
export function uploadClient(
  { profile, ...options }: AwsOptions & { profile?: string | undefined },
  environment: NodeJS.ProcessEnv,
): S3Client {
  const named = profile === undefined ? {} : { profile };
  return new S3Client({
    ...named,
    ...clientOptions(options),
    forcePathStyle: hasEndpoint(options, environment),
    maxAttempts: 1,
    expectContinueHeader: false,
    // It would say on standard error that it does not repeat a stream, which is not its task here.
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_SECONDS * 1000,
      socketTimeout: SILENT_SECONDS * 1000,
    },
    credentials: (identity) => defaultProvider({ ...named, ignoreCache: true })(identity),
  });
}

/**
 * A client of S3. With a custom endpoint, the bucket stands in the path: `bucket.localhost` has no address.
 *
 * @param environment tells whether a custom endpoint is set
 */
export function s3Client(options: AwsOptions, environment: NodeJS.ProcessEnv): S3Client {
  return new S3Client({ ...clientOptions(options), forcePathStyle: hasEndpoint(options, environment) });
}

function hasEndpoint({ endpointUrl }: AwsOptions, environment: NodeJS.ProcessEnv): boolean {
  const custom = endpointUrl ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  return custom !== undefined && custom !== '';
}
