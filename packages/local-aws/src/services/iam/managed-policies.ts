import { InvalidInputError } from '../../errors.ts';
import type { Statement } from './policy.ts';

/** AWS's managed policies that Lambda functions and API Gateway usually have, as AWS defines them. */
const MANAGED: Record<string, Statement[]> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  ],
  'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess': [
    {
      Effect: 'Allow',
      Action: [
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
      ],
      Resource: '*',
    },
  ],
  'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs': [
    {
      Effect: 'Allow',
      Action: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
        'logs:GetLogEvents',
        'logs:FilterLogEvents',
      ],
      Resource: '*',
    },
  ],
};

/** @throws InvalidInputError for a policy whose content is not known here */
export function managedPolicy(arn: string, where: string): Statement[] {
  const statements = MANAGED[arn];
  if (statements === undefined) {
    throw new InvalidInputError(`${where} attaches ${arn}, whose content the local AWS does not know`, {
      hint: 'Write the statements into the role, or add the policy to packages/local-aws/src/services/iam/managed-policies.ts.',
    });
  }
  return statements;
}
