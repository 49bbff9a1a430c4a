import * as z from 'zod';

/** CloudWatch Logs keeps events for one of these numbers of days. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const logDays = z
  .number()
  .refine((days) => LOG_DAYS.includes(days), `expected one of ${LOG_DAYS.join(', ')} (CloudWatch Logs)`);

const arnOf = (service: string, resource: string) =>
  z
    .string()
    .regex(
      new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}/.+$`),
      `expected the ARN of a ${resource} (${service})`,
    );

const MOST_TAG_TEXT = 2_000;
const tagText = z.string().regex(/^[\w .:/+@-]*$/, 'expected letters, digits, spaces and . : / + - @ _');

const vpc = z.strictObject({
  subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]+$/, 'expected subnet-…')).min(1),
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]+$/, 'expected sg-…'))
    .min(1)
    .max(5),
});

const api = z
  .strictObject({
    accessLogs: z.boolean().optional(),
    domain: z
      .string()
      .regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'expected a host name such as "images.example.com"')
      .optional(),
    certificateArn: arnOf('acm', 'certificate').optional(),
    webAclArn: arnOf('wafv2', 'regional/webacl').optional(),
    access: z.enum(['key', 'iam']).optional(),
    allowedOrigin: z
      .string()
      .regex(
        /^(\*|https?:\/\/[a-z0-9.-]+(:\d+)?)$/,
        'expected an origin such as "https://app.example.com", or "*"',
      )
      .optional(),
  })
  .refine(
    ({ domain, certificateArn }) => (domain === undefined) === (certificateArn === undefined),
    'domain and certificateArn belong together',
  );

const instances = z.strictObject({
  instanceType: z
    .string()
    .regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'expected an instance type such as "ml.m5.large"'),
  instanceCount: z.int().min(1).max(100).default(1),
});

/** Optional parts of a deployment, all off by default (docs/deploy.md, "Settings"). */
export const stageOptions = {
  /**
   * Days that CloudWatch keeps the logs of functions, promotions, the API and the stage's endpoints. Default:
   * 30.
   */
  logDays: logDays.optional(),
  /**
   * The same for `/aws/sagemaker/TrainingJobs`, which all stages of an account share. Without this setting it
   * is left unchanged.
   */
  trainingLogDays: logDays.optional(),
  /** The same for `/aws/sagemaker/TransformJobs`, where SageMaker logs batches. */
  batchLogDays: logDays.optional(),
  /** Of the endpoint that domains of the type `shared` have together. Default: one `ml.m5.large`. */
  sharedEndpoint: instances.optional(),
  /** Of each batch of the REST API, while it runs. Default: one `ml.m5.xlarge`. */
  batches: instances.optional(),
  /** Tags on everything that can have tags, in addition to Graft's own. */
  tags: z
    .record(tagText.min(1).max(128), tagText.max(256))
    .refine((tags) => Object.keys(tags).length <= 30, 'at most 30 tags')
    .refine(
      (tags) => !Object.keys(tags).some((key) => /^(aws|graft):/i.test(key)),
      'aws: and graft: are taken',
    )
    .refine(
      (tags) => JSON.stringify(tags).length <= MOST_TAG_TEXT,
      `at most ${MOST_TAG_TEXT} characters in all: functions get them in their environment, where Lambda allows 4 KB`,
    )
    .optional(),
  /** USD a month. */
  monthlyBudget: z.number().positive().optional(),
  dashboard: z.boolean().optional(),
  kmsKeyArn: arnOf('kms', 'key').optional(),
  vpc: vpc.optional(),
  api: api.optional(),
};

/** ARNs that must be of the stage's region, by the name of their setting. */
export function regionalArns({ kmsKeyArn, api }: StageOptions): Record<string, string | undefined> {
  return {
    kmsKeyArn,
    'api.certificateArn': api?.certificateArn,
    'api.webAclArn': api?.webAclArn,
  };
}

type StageOptions = z.output<z.ZodObject<typeof stageOptions>>;

/** The variables that serverless.yml reads; `undefined` where its default applies. */
export function optionVariables(options: StageOptions): Record<string, string | undefined> {
  const { logDays, trainingLogDays, batchLogDays, sharedEndpoint, batches, tags } = options;
  const { monthlyBudget, dashboard, kmsKeyArn, vpc, api } = options;
  return {
    GRAFT_LOG_DAYS: logDays?.toString(),
    GRAFT_TRAINING_LOG_DAYS: trainingLogDays?.toString(),
    GRAFT_BATCH_LOG_DAYS: batchLogDays?.toString(),
    GRAFT_SHARED_INSTANCE_TYPE: sharedEndpoint?.instanceType,
    GRAFT_SHARED_INSTANCE_COUNT: sharedEndpoint?.instanceCount.toString(),
    GRAFT_BATCH_INSTANCE_TYPE: batches?.instanceType,
    GRAFT_BATCH_INSTANCE_COUNT: batches?.instanceCount.toString(),
    GRAFT_TAGS:
      tags &&
      Object.entries(tags)
        .map((pair) => pair.join('='))
        .join(','),
    GRAFT_MONTHLY_BUDGET: monthlyBudget?.toString(),
    GRAFT_DASHBOARD: dashboard?.toString(),
    GRAFT_KMS_KEY_ARN: kmsKeyArn,
    GRAFT_SUBNET_IDS: vpc?.subnetIds.join(','),
    GRAFT_SECURITY_GROUP_IDS: vpc?.securityGroupIds.join(','),
    GRAFT_API_ACCESS_LOGS: api?.accessLogs?.toString(),
    GRAFT_API_DOMAIN: api?.domain,
    GRAFT_API_CERTIFICATE_ARN: api?.certificateArn,
    GRAFT_WEB_ACL_ARN: api?.webAclArn,
    GRAFT_API_ACCESS: api?.access,
    GRAFT_API_ORIGIN: api?.allowedOrigin,
  };
}
