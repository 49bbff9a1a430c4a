import type { Parameter, Tag } from '@aws-sdk/client-cloudformation';
import { ServiceError, type World } from '../../service.ts';
import type { CheckedTemplate } from '../../template/check.ts';
import { readTemplateText, type Template } from '../../template/template.ts';
import { check } from './desired.ts';
import type { Desired, StackRecord } from './records.ts';
import { templateText, validated } from './template-source.ts';

/** What the requests that make or change a stack have in common. */
export interface StackRequest {
  TemplateBody?: string | undefined;
  TemplateURL?: string | undefined;
  UsePreviousTemplate?: boolean | undefined;
  Parameters?: Parameter[] | undefined;
  Tags?: Tag[] | undefined;
  Capabilities?: string[] | undefined;
  NotificationARNs?: string[] | undefined;
  RoleARN?: string | undefined;
  RollbackConfiguration?: { RollbackTriggers?: unknown[] | undefined } | undefined;
  StackPolicyBody?: string | undefined;
  StackPolicyURL?: string | undefined;
  ResourceTypes?: string[] | undefined;
}

/**
 * What a request wants a stack to be, checked as far as it can be before anything is made.
 *
 * @param previous the stack as it is, for what stays as it was
 * @throws ServiceError `ValidationError`, `InsufficientCapabilitiesException`
 */
export async function readRequest(
  world: World,
  stack: Pick<StackRecord, 'name' | 'id'>,
  request: StackRequest,
  previous?: StackRecord,
): Promise<{ desired: Desired; checked: CheckedTemplate }> {
  refuseUnsupported(request);
  const templateBody = await templateText(world, request, previous?.templateBody);
  const template = validated(() => readTemplateText(templateBody, 'Template format error: the template'));
  const desired: Desired = {
    templateBody,
    parameters: parametersOf(request.Parameters ?? [], previous),
    tags:
      request.Tags === undefined && previous !== undefined
        ? previous.tags
        : Object.fromEntries((request.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    capabilities: request.Capabilities ?? [],
    ...(request.UsePreviousTemplate === true && previous?.folder !== undefined
      ? { folder: previous.folder }
      : {}),
  };
  const checked = validated(() => check(world, stack, desired));
  requireCapabilities(template, desired.capabilities);
  return { desired, checked };
}

/** What would change the outcome, were it not left out. */
function refuseUnsupported(request: StackRequest): void {
  const given = {
    NotificationARNs: (request.NotificationARNs ?? []).length > 0,
    RoleARN: request.RoleARN !== undefined,
    RollbackConfiguration: (request.RollbackConfiguration?.RollbackTriggers ?? []).length > 0,
    StackPolicyBody: request.StackPolicyBody !== undefined,
    StackPolicyURL: request.StackPolicyURL !== undefined,
    ResourceTypes: request.ResourceTypes !== undefined,
  };
  const names = Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [name] : []));
  if (names.length > 0) {
    throw new ServiceError('ValidationError', `The local AWS does not emulate ${names.join(', ')}`);
  }
}

function parametersOf(
  given: readonly Parameter[],
  previous: StackRecord | undefined,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { ParameterKey = '', ParameterValue, UsePreviousValue } of given) {
    if (UsePreviousValue !== true) {
      values[ParameterKey] = ParameterValue ?? '';
    } else if (previous === undefined) {
      throw new ServiceError(
        'ValidationError',
        `Invalid input for parameter key ${ParameterKey}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    } else if (previous.parameters[ParameterKey] !== undefined) {
      values[ParameterKey] = previous.parameters[ParameterKey];
    }
  }
  return values;
}

/** IAM resources have to be acknowledged, those with a name of their own by name. */
function requireCapabilities({ Resources }: Template, capabilities: readonly string[]): void {
  if (capabilities.includes('CAPABILITY_NAMED_IAM')) return;
  const roles = Object.values(Resources).filter(({ Type }) => Type.startsWith('AWS::IAM::'));
  const named = roles.some(({ Properties = {} }) =>
    ['RoleName', 'ManagedPolicyName'].some((name) => name in Properties),
  );
  const needed = named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
  if (roles.length === 0 || capabilities.includes(needed)) return;
  throw new ServiceError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}
