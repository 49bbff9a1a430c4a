import * as z from 'zod';

/** Lambda's limit of all variables together, as JSON. */
const LARGEST_ENVIRONMENT = 4096;
/** Lambda sets these itself and refuses a function that does. */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_.*|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

const variables = z
  .record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]+$/), z.string())
  .refine(
    (given) => Buffer.byteLength(JSON.stringify(given)) <= LARGEST_ENVIRONMENT,
    'all variables together must not exceed 4 KB',
  )
  .refine(
    (given) => !Object.keys(given).some((name) => RESERVED.test(name)),
    'a variable is reserved for Lambda',
  );

/** The resource type's properties that mean something here; any other is refused by name. */
export const functionProperties = z.strictObject({
  Code: z.union([
    z.strictObject({ S3Bucket: z.string(), S3Key: z.string(), S3ObjectVersion: z.string().optional() }),
    z.strictObject({ ZipFile: z.string() }),
  ]),
  FunctionName: z
    .string()
    .regex(/^[a-zA-Z0-9-_]{1,64}$/)
    .optional(),
  Handler: z.string().regex(/^[^\s]+\.[^\s.]+$/),
  Role: z.string().startsWith('arn:'),
  // Runs on the Node that runs the local AWS, whichever of these it says.
  Runtime: z.enum(['nodejs20.x', 'nodejs22.x', 'nodejs24.x']),
  Description: z.string().max(256).optional(),
  Timeout: z.number().int().min(1).max(900).default(3),
  MemorySize: z.number().int().min(128).max(10_240).default(128),
  Architectures: z
    .array(z.enum(['x86_64', 'arm64']))
    .length(1)
    .default(['x86_64']),
  Environment: z.strictObject({ Variables: variables.default({}) }).optional(),
  ReservedConcurrentExecutions: z.number().int().min(0).optional(),
  DeadLetterConfig: z.strictObject({ TargetArn: z.string().optional() }).optional(),
  LoggingConfig: z
    .strictObject({
      LogGroup: z.string().optional(),
      LogFormat: z.enum(['Text', 'JSON']).optional(),
      ApplicationLogLevel: z.string().optional(),
      SystemLogLevel: z.string().optional(),
    })
    .optional(),
  // Traces go nowhere here, but the role must be allowed to write them, as in AWS.
  TracingConfig: z.strictObject({ Mode: z.enum(['Active', 'PassThrough']) }).optional(),
  // Taken and shown, without effect here: there is no disk quota, nothing to encrypt or tag.
  EphemeralStorage: z.strictObject({ Size: z.number() }).optional(),
  PackageType: z.literal('Zip').optional(),
  KmsKeyArn: z.string().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

export type FunctionProperties = z.output<typeof functionProperties>;

/** `AWS::Lambda::EventInvokeConfig`: what becomes of asynchronous invocations. */
export const eventInvokeConfigProperties = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: z.number().int().min(0).max(2).default(2),
  MaximumEventAgeInSeconds: z.number().int().min(60).max(21_600).default(21_600),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({ Destination: z.string() }).optional(),
      OnSuccess: z.strictObject({ Destination: z.string() }).optional(),
    })
    .default({}),
});

export type EventInvokeConfig = z.output<typeof eventInvokeConfigProperties>;

export const permissionProperties = z.strictObject({
  FunctionName: z.string(),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

export const versionProperties = z.strictObject({
  FunctionName: z.string(),
  Description: z.string().optional(),
  CodeSha256: z.string().optional(),
});

export const aliasProperties = z.strictObject({
  FunctionName: z.string(),
  FunctionVersion: z.string(),
  Name: z.string(),
  Description: z.string().optional(),
});
