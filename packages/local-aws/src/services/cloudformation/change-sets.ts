import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type * as cfn from '@aws-sdk/client-cloudformation';
import { type Operation, ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { differences } from './changes.ts';
import type { StackEngine } from './engine.ts';
import type { Desired, StackRecord } from './records.ts';
import { readRequest } from './request.ts';
import { refuseUnlessUpdatable } from './updatable.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

interface ChangeSet {
  id: string;
  name: string;
  stackId: string;
  description?: string;
  desired: Desired;
  changes: cfn.Change[];
  status: 'CREATE_COMPLETE' | 'FAILED';
  reason?: string;
  executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE';
  onFailure: StackRecord['onFailure'];
  created: number;
}

/** Change sets are ready as soon as they are made; executing one creates or updates its stack. */
export function changeSetOperations(world: World, engine: StackEngine): Record<string, Operation> {
  const { stacks } = engine;
  const sets = new Collection<ChangeSet>(join(world.folder('cloudformation'), 'change-sets'));
  const ofStack = (stackId: string) =>
    sets
      .list()
      .map(({ value }) => value)
      .filter((set) => set.stackId === stackId);

  /** By its ARN, or by its name with the stack's. */
  function find(name: string | undefined, stackName: string | undefined): ChangeSet | undefined {
    if (name?.startsWith('arn:')) return sets.get(name);
    return ofStack(stacks.get(stackName).id).find((set) => set.name === name);
  }

  function get(name: string | undefined, stackName: string | undefined): ChangeSet {
    const set = find(name, stackName);
    if (set === undefined) {
      throw new ServiceError('ChangeSetNotFoundException', `ChangeSet [${name}] does not exist`, 404);
    }
    return set;
  }

  async function create(input: cfn.CreateChangeSetInput): Promise<Partial<cfn.CreateChangeSetOutput>> {
    const name = input.ChangeSetName ?? '';
    refuseImports(input);
    const known = stacks.find(input.StackName);
    const isCreation = input.ChangeSetType === 'CREATE';
    if (isCreation && known !== undefined && known.status !== 'REVIEW_IN_PROGRESS') {
      throw new ServiceError(
        'ValidationError',
        `Stack [${known.name}] already exists and cannot be created again with the changeSet [${name}].`,
      );
    }
    if (!isCreation) refuseUnlessUpdatable(stacks.get(input.StackName));
    if (known !== undefined && ofStack(known.id).some((set) => set.name === name)) {
      throw new ServiceError(
        'AlreadyExistsException',
        `ChangeSet ${name} cannot be created because it already exists`,
      );
    }
    const identity = known ?? { name: input.StackName ?? '', id: input.StackName ?? '' };
    const { desired, checked } = await readRequest(world, identity, input, isCreation ? undefined : known);
    const record = known ?? stacks.create(identity.name, desired, 'REVIEW_IN_PROGRESS');
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
    sets.put(set.id, set);
    return { Id: set.id, StackId: record.id };
  }

  return {
    CreateChangeSet: create,
    DescribeChangeSet: (input: cfn.DescribeChangeSetInput): Partial<cfn.DescribeChangeSetOutput> =>
      shown(get(input.ChangeSetName, input.StackName)),
    ListChangeSets: (input: cfn.ListChangeSetsInput): Partial<cfn.ListChangeSetsOutput> => ({
      Summaries: ofStack(stacks.get(input.StackName).id).map((set) => {
        const { Changes: _, Parameters: __, Tags: ___, Capabilities: ____, ...summary } = shown(set);
        return summary;
      }),
    }),
    DeleteChangeSet: (input: cfn.DeleteChangeSetInput) => {
      const set = find(input.ChangeSetName, input.StackName);
      if (set !== undefined) sets.delete(set.id);
      return {};
    },
    ExecuteChangeSet: (input: cfn.ExecuteChangeSetInput) => {
      const set = get(input.ChangeSetName, input.StackName);
      if (set.executionStatus !== 'AVAILABLE') {
        throw new ServiceError(
          'InvalidChangeSetStatus',
          `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]`,
        );
      }
      const record = stacks.get(set.stackId);
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
      for (const other of ofStack(record.id)) sets.delete(other.id);
      sets.put(set.id, { ...set, executionStatus: 'EXECUTE_COMPLETE' });
      return {};
    },
  };

  function shown(set: ChangeSet): Partial<cfn.DescribeChangeSetOutput> {
    const { desired } = set;
    return {
      ChangeSetName: set.name,
      ChangeSetId: set.id,
      StackId: set.stackId,
      StackName: stacks.get(set.stackId).name,
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
