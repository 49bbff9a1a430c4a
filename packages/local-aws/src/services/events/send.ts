import { ServiceError, type World } from '../../service.ts';
import { policyAllows } from '../resource-policy.ts';
import type { Rule, Target } from './rules.ts';

/** A target that will not take the event later either. */
export class PermanentFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'PermanentFailure';
    this.code = code;
  }
}

/**
 * Sends an event to a target. A target with a role is called with that role; without one its resource policy
 * must allow EventBridge.
 *
 * @param delivery its `id` names a state machine's execution, so that repeating the delivery starts no second
 *   one
 * @throws PermanentFailure or the error of the target's service
 */
export async function sendToTarget(
  world: World,
  rule: Rule,
  target: Target,
  { id, input }: { id: string; input: string },
): Promise<void> {
  const service = target.Arn.split(':')[2];
  const caller = target.RoleArn === undefined ? {} : { roleArn: target.RoleArn };
  if (target.RoleArn === undefined) await requirePermission(world, rule.arn, target.Arn);
  switch (service) {
    case 'lambda': {
      const request = { FunctionName: target.Arn, InvocationType: 'Event', Payload: Buffer.from(input) };
      await world.call('lambda', 'Invoke', request, caller);
      return;
    }
    case 'states': {
      const request = { stateMachineArn: target.Arn, name: id, input };
      await ignoring('ExecutionAlreadyExists', world.call('states', 'StartExecution', request, caller));
      return;
    }
    case 'sqs':
      await world.call(
        'sqs',
        'SendMessage',
        { QueueUrl: queueUrl(world, target.Arn), MessageBody: input },
        caller,
      );
      return;
    case 'sns':
      await world.call('sns', 'Publish', { TopicArn: target.Arn, Message: input }, caller);
      return;
    default:
      throw new PermanentFailure('UNSUPPORTED_TARGET', `${target.Arn} cannot be a target`);
  }
}

/** Why an event could not be delivered. AWS sends these as message attributes beside the event. */
export interface DeadLetter {
  rule: Rule;
  target: Target;
  code: string;
  message: string;
  condition: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined;
  attempts: number;
}

/** @throws when the queue does not take it */
export async function sendToDeadLetters(
  world: World,
  queueArn: string,
  event: string,
  letter: DeadLetter,
): Promise<void> {
  await requirePermission(world, letter.rule.arn, queueArn);
  const attribute = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });
  await world.call('sqs', 'SendMessage', {
    QueueUrl: queueUrl(world, queueArn),
    MessageBody: event,
    MessageAttributes: {
      RULE_ARN: attribute(letter.rule.arn),
      TARGET_ARN: attribute(letter.target.Arn),
      ERROR_CODE: attribute(letter.code),
      ERROR_MESSAGE: attribute(letter.message.slice(0, 1024)),
      ...(letter.condition === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: attribute(letter.condition) }),
      RETRY_ATTEMPTS: attribute(String(Math.max(0, letter.attempts - 1)), 'Number'),
    },
  });
}

/** Asks the target's service for its resource policy, as anyone can. */
async function requirePermission(world: World, ruleArn: string, arn: string): Promise<void> {
  const service = arn.split(':')[2];
  const [action, policy] = await resourcePolicy(world, service, arn);
  const allowed = policyAllows(policy, {
    principal: 'events.amazonaws.com',
    action,
    resource: arn,
    sourceArn: ruleArn,
    sourceAccount: world.accountId,
  });
  if (!allowed)
    throw new PermanentFailure('NO_PERMISSIONS', `The policy of ${arn} does not let ${ruleArn} do ${action}`);
}

async function resourcePolicy(
  world: World,
  service: string | undefined,
  arn: string,
): Promise<[action: string, policy: string | undefined]> {
  if (service === 'sqs') {
    const answer = (await world.call('sqs', 'GetQueueAttributes', {
      QueueUrl: queueUrl(world, arn),
      AttributeNames: ['Policy'],
    })) as { Attributes?: { Policy?: string } };
    return ['sqs:SendMessage', answer.Attributes?.Policy];
  }
  if (service === 'sns') {
    const answer = (await world.call('sns', 'GetTopicAttributes', { TopicArn: arn })) as {
      Attributes?: { Policy?: string };
    };
    return ['sns:Publish', answer.Attributes?.Policy];
  }
  if (service === 'lambda') {
    try {
      const answer = (await world.call('lambda', 'GetPolicy', { FunctionName: arn })) as { Policy?: string };
      return ['lambda:InvokeFunction', answer.Policy];
    } catch (error) {
      // No policy, or no function: neither lets anyone in, and the second is found out at once by who looks.
      if ((error as ServiceError).code === 'ResourceNotFoundException')
        return ['lambda:InvokeFunction', undefined];
      throw error;
    }
  }
  throw new PermanentFailure('NO_PERMISSIONS', `${arn} needs a role: its service has no resource policies`);
}

const queueUrl = (world: World, arn: string) => `${world.endpoint}/${arn.split(':').slice(4).join('/')}`;

async function ignoring(code: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== code) throw error;
  }
}
