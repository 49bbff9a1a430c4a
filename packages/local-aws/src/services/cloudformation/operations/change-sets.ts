import { randomUUID } from 'node:crypto';
import type * as cfn from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../../service.ts';
import type { ChangeSet } from '../change-sets.ts';
import { differences } from '../changes.ts';
import type { CloudFormationContext } from '../context.ts';
import { readRequest } from '../request.ts';
import { refuseUnlessUpdatable } from '../updatable.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/** A change set is ready as soon as it is made. */
export async function createChangeSet(
  { world, engine, changeSets }: CloudFormationContext,
  input: cfn.CreateChangeSetInput,
): Promise<Partial<cfn.CreateChangeSetOutput>> {
  const name = input.ChangeSetName ?? '';
  refuseImports(input);
  const known = engine.stacks.find(input.StackName);
  const isCreation = input.ChangeSetType === 'CREATE';
  if (isCreation && known !== undefined && known.status !== 'REVIEW_IN_PROGRESS') {
    throw new ServiceError(
      'ValidationError',
      `Stack [${known.name}] already exists and cannot be created again with the changeSet [${name}].`,
    );
  }
  if (!isCreation) refuseUnlessUpdatable(engine.stacks.get(input.StackName));
  if (known !== undefined && changeSets.ofStack(known.id).some((set) => set.name === name)) {
    throw new ServiceError(
      'AlreadyExistsException',
      `ChangeSet ${name} cannot be created because it already exists`,
    );
  }
  const identity = known ?? { name: input.StackName ?? '', id: input.StackName ?? '' };
  const { desired, checked } = await readRequest(world, identity, input, isCreation ? undefined : known);
  const record = known ?? engine.stacks.create(identity.name, desired, 'REVIEW_IN_PROGRESS');
  const { changes, any } = differences(world, record, desired, checked);
  const set: ChangeSet = {
    id: `arn:aws:cloudformation:${world.region}:${world.accountId}:changeSet/${name}/${randomUUID()}`,
    name,
    stackId: record.id,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    desired,
    changes,
    ...(any
      ? { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' }
      : { status: 'FAILED', reason: NO_CHANGES, executionStatus: 'UNAVAILABLE' }),
    onFailure: input.OnStackFailure ?? 'ROLLBACK',
    created: world.clock.now(),
  };
  changeSets.put(set);
  return { Id: set.id, StackId: record.id };
}

export function describeChangeSet(
  context: CloudFormationContext,
  input: cfn.DescribeChangeSetInput,
): Partial<cfn.DescribeChangeSetOutput> {
  return shown(context, context.changeSets.get(input.ChangeSetName, input.StackName));
}

export function listChangeSets(
  context: CloudFormationContext,
  input: cfn.ListChangeSetsInput,
): Partial<cfn.ListChangeSetsOutput> {
  const { engine, changeSets } = context;
  return {
    Summaries: changeSets.ofStack(engine.stacks.get(input.StackName).id).map((set) => {
      const { Changes: _, Parameters: __, Tags: ___, Capabilities: ____, ...summary } = shown(context, set);
      return summary;
    }),
  };
}

export function deleteChangeSet(
  { changeSets }: CloudFormationContext,
  input: cfn.DeleteChangeSetInput,
): void {
  const set = changeSets.find(input.ChangeSetName, input.StackName);
  if (set !== undefined) changeSets.delete(set);
}

/** Creates or updates the change set's stack. */
export function executeChangeSet(
  { engine, changeSets }: CloudFormationContext,
  input: cfn.ExecuteChangeSetInput,
): void {
  const set = changeSets.get(input.ChangeSetName, input.StackName);
  if (set.executionStatus !== 'AVAILABLE') {
    throw new ServiceError(
      'InvalidChangeSetStatus',
      `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]`,
    );
  }
  const record = engine.stacks.get(set.stackId);
  const isCreation = record.status === 'REVIEW_IN_PROGRESS';
  if (!isCreation) refuseUnlessUpdatable(record);
  const onFailure = input.DisableRollback === true ? 'DO_NOTHING' : set.onFailure;
  void engine.deploy(
    { ...record, onFailure, changeSetId: set.id },
    isCreation ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS',
    set.desired,
    input.ClientRequestToken,
  );
  // The others were made for the stack as it was.
  for (const other of changeSets.ofStack(record.id)) changeSets.delete(other);
  changeSets.put({ ...set, executionStatus: 'EXECUTE_COMPLETE' });
}

function shown({ engine }: CloudFormationContext, set: ChangeSet): Partial<cfn.DescribeChangeSetOutput> {
  const { desired } = set;
  return {
    ChangeSetName: set.name,
    ChangeSetId: set.id,
    StackId: set.stackId,
    StackName: engine.stacks.get(set.stackId).name,
    ...(set.description === undefined ? {} : { Description: set.description }),
    Parameters: Object.entries(desired.parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    Tags: Object.entries(desired.tags).map(([Key, Value]) => ({ Key, Value })),
    Capabilities: desired.capabilities as cfn.Capability[],
    CreationTime: new Date(set.created),
    Status: set.status,
    ...(set.reason === undefined ? {} : { StatusReason: set.reason }),
    ExecutionStatus: set.executionStatus,
    Changes: set.changes,
  };
}

function refuseImports({
  ChangeSetType,
  ResourcesToImport,
  ImportExistingResources,
}: cfn.CreateChangeSetInput): void {
  if (ChangeSetType !== 'IMPORT' && ResourcesToImport === undefined && ImportExistingResources !== true)
    return;
  throw new ServiceError('ValidationError', 'The local AWS does not emulate the import of resources');
}
