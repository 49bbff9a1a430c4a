import type * as cfn from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../../service.ts';
import { differences } from '../changes.ts';
import type { CloudFormationContext } from '../context.ts';
import { readRequest } from '../request.ts';
import { refuseUnlessUpdatable } from '../updatable.ts';

// Each operation returns at once and goes on in the background. The stack's events tell the progress.

export async function createStack(
  { world, engine }: CloudFormationContext,
  input: cfn.CreateStackInput,
): Promise<Partial<cfn.CreateStackOutput>> {
  const name = input.StackName ?? '';
  if (engine.stacks.find(name) !== undefined) {
    throw new ServiceError('AlreadyExistsException', `Stack [${name}] already exists`);
  }
  const { desired } = await readRequest(world, { name, id: name }, input);
  const record = engine.stacks.create(name, desired, 'CREATE_IN_PROGRESS', {
    onFailure: input.DisableRollback === true ? 'DO_NOTHING' : (input.OnFailure ?? 'ROLLBACK'),
    terminationProtection: input.EnableTerminationProtection === true,
  });
  void engine.deploy(record, 'CREATE_IN_PROGRESS', desired, input.ClientRequestToken);
  return { StackId: record.id };
}

export async function updateStack(
  { world, engine }: CloudFormationContext,
  input: cfn.UpdateStackInput,
): Promise<Partial<cfn.UpdateStackOutput>> {
  const record = engine.stacks.find(input.StackName);
  if (record === undefined) {
    throw new ServiceError('ValidationError', `Stack [${input.StackName}] does not exist`);
  }
  refuseUnlessUpdatable(record);
  const { desired, checked } = await readRequest(world, record, input, record);
  if (!differences(world, record, desired, checked).any) {
    throw new ServiceError('ValidationError', 'No updates are to be performed.');
  }
  const onFailure = input.DisableRollback === true ? 'DO_NOTHING' : 'ROLLBACK';
  void engine.deploy({ ...record, onFailure }, 'UPDATE_IN_PROGRESS', desired, input.ClientRequestToken);
  return { StackId: record.id };
}

export function deleteStack({ engine }: CloudFormationContext, input: cfn.DeleteStackInput) {
  const record = engine.stacks.find(input.StackName);
  // There is nothing to do, and CloudFormation says no word.
  if (record === undefined || record.status === 'DELETE_COMPLETE') return {};
  if (record.terminationProtection) {
    throw new ServiceError(
      'ValidationError',
      `Stack [${record.name}] cannot be deleted while TerminationProtection is enabled`,
    );
  }
  const retained = input.RetainResources ?? [];
  if (retained.length > 0 && record.status !== 'DELETE_FAILED') {
    throw new ServiceError(
      'ValidationError',
      `Stack [${record.name}] must be in DELETE_FAILED state to retain resources`,
    );
  }
  if (record.status === 'REVIEW_IN_PROGRESS') engine.stacks.forget(record);
  else if (record.status.endsWith('IN_PROGRESS')) {
    if (record.status !== 'DELETE_IN_PROGRESS') {
      throw new ServiceError(
        'ValidationError',
        `Stack [${record.name}] cannot be deleted while in status ${record.status}`,
      );
    }
  } else void engine.delete(record, retained, input.ClientRequestToken);
  return {};
}

export function updateTerminationProtection(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.UpdateTerminationProtectionInput,
): Partial<cfn.UpdateTerminationProtectionOutput> {
  const record = stacks.get(input.StackName);
  stacks.put({ ...record, terminationProtection: input.EnableTerminationProtection === true });
  return { StackId: record.id };
}
