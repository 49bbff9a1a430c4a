import type { GuardedRequest, World } from '../../service.ts';
import type { Request } from './policy.ts';
import { s3Requests } from './s3-actions.ts';
import { sagemakerRequests } from './sagemaker-actions.ts';

/** What has to be allowed for one operation; context keys beyond the common ones. */
export type Needed = Omit<Request, 'context'> & {
  context?: Record<string, string>;
  /** What the service that is handed a role says it acts for (`aws:SourceArn` in the role's trust policy). */
  sourceArn?: string;
};

/** The account and region that ARNs are made of. */
export interface Place {
  region: string;
  accountId: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the input's shape depends on the operation
type Input = any;
type Rule = (input: Input, place: Place, request: GuardedRequest) => Needed[];

const ANY = '*';

const arn = (service: string, { region, accountId }: Place, resource: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

/** The action named after the operation, on one resource. */
const on =
  (action: string, resource: (input: Input) => string): Rule =>
  (input) => [{ action, resource: resource(input) }];

const queue = (input: Input, place: Place): string =>
  arn('sqs', place, String(input.QueueName ?? input.QueueUrl ?? '').replace(/^.*\//, ''));

/** CloudWatch Logs names the stream, empty where the operation is on the group (`…:log-group:NAME:log-stream:`). */
const logStream = (input: Input, place: Place): string => {
  const name = String(input.logGroupName ?? input.logGroupIdentifier ?? input.logGroupNamePrefix ?? '');
  const group = name.startsWith('arn:') ? name.replace(/:\*$/, '') : arn('logs', place, `log-group:${name}`);
  return `${group}:log-stream:${input.logStreamName ?? ''}`;
};

const lambdaFunction = (input: Input, place: Place): string => {
  const name = String(input.FunctionName ?? ANY);
  const qualifier = input.Qualifier === undefined ? '' : `:${input.Qualifier}`;
  if (name.startsWith('arn:')) return `${name}${qualifier}`;
  return `${arn('lambda', place, `function:${name.replace(/^\d+:function:/, '')}`)}${qualifier}`;
};

const rule = (input: Input, place: Place): string => {
  const bus =
    input.EventBusName === undefined || input.EventBusName === 'default' ? '' : `${input.EventBusName}/`;
  return arn('events', place, `rule/${bus}${input.Name ?? input.Rule ?? ANY}`);
};

const stack = (input: Input, place: Place): string =>
  String(input.StackName ?? '').startsWith('arn:')
    ? input.StackName
    : arn('cloudformation', place, `stack/${input.StackName ?? ANY}/*`);

/** For the services where a rule for all operations says enough: which resource the action is on. */
const BY_SERVICE: Record<
  string,
  {
    prefix: string;
    renamed?: Record<string, string>;
    resource: (operation: string, input: Input, place: Place) => string;
  }
> = {
  states: {
    prefix: 'states',
    resource: (operation, input) => {
      if (operation === 'ListStateMachines' || operation === 'CreateStateMachine') return ANY;
      return input.executionArn ?? input.stateMachineArn ?? input.resourceArn ?? input.mapRunArn ?? ANY;
    },
  },
  lambda: {
    prefix: 'lambda',
    renamed: {
      Invoke: 'InvokeFunction',
      InvokeWithResponseStream: 'InvokeFunction',
      InvokeAsync: 'InvokeFunction',
    },
    resource: (operation, input, place) =>
      operation === 'ListFunctions' ? ANY : lambdaFunction(input, place),
  },
  events: {
    prefix: 'events',
    resource: (operation, input, place) =>
      /Rule|Target/.test(operation) && operation !== 'ListRules' ? rule(input, place) : ANY,
  },
  sqs: {
    prefix: 'sqs',
    renamed: {
      SendMessageBatch: 'SendMessage',
      DeleteMessageBatch: 'DeleteMessage',
      ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
    },
    resource: (operation, input, place) => (operation === 'ListQueues' ? ANY : queue(input, place)),
  },
  sns: {
    prefix: 'sns',
    renamed: { PublishBatch: 'Publish' },
    resource: (_operation, input, place) =>
      input.TopicArn ??
      input.TargetArn ??
      input.ResourceArn ??
      (input.Name === undefined ? ANY : arn('sns', place, input.Name)),
  },
  logs: {
    prefix: 'logs',
    resource: (_operation, input, place) => logStream(input, place),
  },
  cloudformation: {
    prefix: 'cloudformation',
    resource: (operation, input, place) => (operation === 'ListStacks' ? ANY : stack(input, place)),
  },
  ecr: {
    prefix: 'ecr',
    resource: (operation, input, place) =>
      operation === 'GetAuthorizationToken' || input.repositoryName === undefined
        ? ANY
        : arn('ecr', place, `repository/${input.repositoryName}`),
  },
  // Metrics are no resources; alarms have their own rule.
  monitoring: { prefix: 'cloudwatch', resource: () => ANY },
  iam: {
    prefix: 'iam',
    resource: (_operation, input, { accountId }) =>
      input.RoleName === undefined ? ANY : `arn:aws:iam::${accountId}:role/${input.RoleName}`,
  },
};

/** A token does not say whose it is: Step Functions does, where it can. */
const taskToken: Rule = (input, _place, request) => [
  {
    action: `states:${request.operation}`,
    resource: request.service.resourceOf?.(request.operation, input),
  },
];

/** Each of the named alarms, or all of the account's. */
const alarms: Rule = (input, place, request) => {
  const names: string[] = input.AlarmNames ?? [input.AlarmName ?? ANY];
  const action = `cloudwatch:${request.operation}`;
  return names.map((name) => ({ action, resource: arn('cloudwatch', place, `alarm:${name}`) }));
};

const SPECIAL: Record<string, Rule> = {
  'monitoring:PutMetricAlarm': alarms,
  'monitoring:DescribeAlarms': alarms,
  'monitoring:DeleteAlarms': alarms,
  'monitoring:SetAlarmState': alarms,
  'monitoring:EnableAlarmActions': alarms,
  'monitoring:DisableAlarmActions': alarms,
  'monitoring:PutMetricData': (input) => [
    {
      action: 'cloudwatch:PutMetricData',
      resource: ANY,
      context: { 'cloudwatch:namespace': String(input.Namespace) },
    },
  ],

  'states:SendTaskSuccess': taskToken,
  'states:SendTaskFailure': taskToken,
  'states:SendTaskHeartbeat': taskToken,
  'sts:GetCallerIdentity': () => [],
  'sts:AssumeRole': on('sts:AssumeRole', (input) => input.RoleArn),
  // The bus's own ARN, for each of the entries' buses.
  'events:PutEvents': (input, place) =>
    [
      ...new Set<string>(
        (input.Entries as { EventBusName?: string }[]).map(({ EventBusName }) => EventBusName ?? 'default'),
      ),
    ].map((bus) => ({
      action: 'events:PutEvents',
      resource: bus.startsWith('arn:') ? bus : arn('events', place, `event-bus/${bus}`),
    })),
  'states:DescribeStateMachineForExecution': on(
    'states:DescribeStateMachineForExecution',
    (input) => input.executionArn,
  ),
};

/**
 * The actions and resources that an operation needs, as the service authorization reference has them.
 *
 * @returns undefined where this is not known, so that the request must be refused
 */
export function neededFor(request: GuardedRequest, world: World): Needed[] | undefined {
  const { service, operation, input } = request;
  const place: Place = { region: world.region, accountId: world.accountId };
  const name = service.signingName;
  if (name === 's3') return s3Requests(operation, input);
  if (name === 'sagemaker') return sagemakerRequests(operation, input, place);
  const special = SPECIAL[`${name}:${operation}`];
  if (special !== undefined) return special(input, place, request);
  const known = BY_SERVICE[name];
  if (known === undefined) return undefined;
  return [
    {
      action: `${known.prefix}:${known.renamed?.[operation] ?? operation}`,
      resource: known.resource(operation, input, place),
    },
  ];
}
