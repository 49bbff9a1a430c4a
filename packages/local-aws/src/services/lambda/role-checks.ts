import { ServiceError, type World } from '../../service.ts';
import { roleMay, trustsService } from '../iam/seam.ts';
import type { EventInvokeConfig, FunctionProperties } from './function-properties.ts';

/** What a function's role needs to send to a queue, topic, function or bus, by the service in its ARN. */
const SENDING: Record<string, { action: string; name: string }> = {
  sqs: { action: 'sqs:SendMessage', name: 'SQS' },
  sns: { action: 'sns:Publish', name: 'SNS' },
  lambda: { action: 'lambda:InvokeFunction', name: 'Lambda' },
  events: { action: 'events:PutEvents', name: 'EventBridge' },
};

/**
 * What Lambda asks of a role before it takes a function with it.
 *
 * @throws ServiceError `InvalidParameterValueException` as Lambda words it
 */
export function checkExecutionRole(
  world: World,
  functionArn: string,
  { Role, TracingConfig, DeadLetterConfig }: FunctionProperties,
): void {
  if (!trustsService(world, Role, 'lambda.amazonaws.com', functionArn)) {
    throw refusal('The role defined for the function cannot be assumed by Lambda.');
  }
  const must = (action: string, resource: string, service: string) => {
    if (roleMay(world, Role, action, resource)) return;
    throw refusal(`The provided execution role does not have permissions to ${call(action)} on ${service}`);
  };
  if (TracingConfig?.Mode === 'Active') {
    must('xray:PutTraceSegments', '*', 'XRAY');
    must('xray:PutTelemetryRecords', '*', 'XRAY');
  }
  const deadLetters = DeadLetterConfig?.TargetArn;
  const sending = SENDING[serviceOf(deadLetters)];
  if (deadLetters !== undefined && sending !== undefined) must(sending.action, deadLetters, sending.name);
}

/**
 * What Lambda asks of a function's role before it takes destinations for its asynchronous invocations.
 *
 * @throws ServiceError `InvalidParameterValueException` as Lambda words it
 */
export function checkDestinations(world: World, role: string, config: EventInvokeConfig): void {
  for (const one of [config.DestinationConfig.OnSuccess, config.DestinationConfig.OnFailure]) {
    const destination = one?.Destination;
    const sending = SENDING[serviceOf(destination)];
    if (destination === undefined || sending === undefined) continue;
    if (roleMay(world, role, sending.action, destination)) continue;
    throw refusal(
      `The function's execution role does not have permissions to ${call(sending.action)} on ${destination}`,
    );
  }
}

function serviceOf(arn: string | undefined): string {
  return arn?.split(':')[2] ?? '';
}

/** `call PutTraceSegments` of `xray:PutTraceSegments`. */
function call(action: string): string {
  return `call ${action.slice(action.indexOf(':') + 1)}`;
}

function refusal(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message, 400, { Type: 'User' });
}
