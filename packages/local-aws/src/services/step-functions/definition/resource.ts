/** What a Task's `Resource` asks for. */
export type Resource =
  | { kind: 'function'; functionName: string }
  | {
      kind: 'integration';
      /** For history events: `invoke`, `invoke.waitForTaskToken`, … */
      resource: string;
      /** For history events: `lambda`, `sns`, `aws-sdk:s3`, … */
      resourceType: string;
      service: string;
      action: string;
      waitForTaskToken: boolean;
    };

/** Optimised integrations by service and action, with the arguments that AWS takes there. */
export const OPTIMISED: Record<string, readonly string[]> = {
  'lambda:invoke': ['ClientContext', 'FunctionName', 'InvocationType', 'LogType', 'Payload', 'Qualifier'],
  'sns:publish': [
    'Message',
    'MessageAttributes',
    'MessageDeduplicationId',
    'MessageGroupId',
    'MessageStructure',
    'PhoneNumber',
    'Subject',
    'TargetArn',
    'TopicArn',
  ],
};

/**
 * `aws-sdk:` services by the name that `Resource` uses (the Java SDK's, lower-case). `error` begins the
 * error's name, `S3.NoSuchKeyException`; `camelCase` services write their members with a small first letter.
 */
export const SDK_SERVICES: Record<string, { signingName: string; error: string; camelCase?: true }> = {
  cloudwatchlogs: { signingName: 'logs', error: 'CloudWatchLogs', camelCase: true },
  eventbridge: { signingName: 'events', error: 'EventBridge' },
  lambda: { signingName: 'lambda', error: 'Lambda' },
  s3: { signingName: 's3', error: 'S3' },
  sagemaker: { signingName: 'sagemaker', error: 'SageMaker' },
  sfn: { signingName: 'states', error: 'Sfn', camelCase: true },
  sns: { signingName: 'sns', error: 'Sns' },
  sqs: { signingName: 'sqs', error: 'Sqs' },
  sts: { signingName: 'sts', error: 'Sts' },
};

const FUNCTION = /^arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:[A-Za-z0-9-_]+(:[A-Za-z0-9-_$]+)?$/;
const INTEGRATION =
  /^arn:aws[\w-]*:states:[^:]*:[^:]*:(?<service>(?:aws-sdk:)?[a-z0-9-]+):(?<action>[A-Za-z0-9]+)(?<pattern>\.[A-Za-z:0-9]+)?$/;

/**
 * @returns the parsed resource, or a sentence that says why it is refused
 */
export function parseResource(text: string): Resource | string {
  if (FUNCTION.test(text)) return { kind: 'function', functionName: text };
  const match = INTEGRATION.exec(text)?.groups;
  if (!match)
    return `Resource "${text}" is neither a Lambda function's ARN nor a service integration (arn:aws:states:::…)`;
  const { service = '', action = '', pattern } = match;
  if (pattern !== undefined && pattern !== '.waitForTaskToken') {
    return `the integration pattern "${pattern.slice(1)}" of ${service}:${action} is not supported: use request-response or .waitForTaskToken`;
  }
  const known = service.startsWith('aws-sdk:')
    ? service.slice('aws-sdk:'.length) in SDK_SERVICES
    : `${service}:${action}` in OPTIMISED;
  if (!known) return `the service integration ${service}:${action} is not supported`;
  return {
    kind: 'integration',
    resource: `${action}${pattern ?? ''}`,
    resourceType: service,
    service,
    action,
    waitForTaskToken: pattern !== undefined,
  };
}
