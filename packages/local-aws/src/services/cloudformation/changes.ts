import { isDeepStrictEqual } from 'node:util';
import type { Change, ResourceChangeDetail } from '@aws-sdk/client-cloudformation';
import type { World } from '../../service.ts';
import type { CheckedTemplate } from '../../template/check.ts';
import { isReplaced } from '../../template/provision.ts';
import { check } from './desired.ts';
import type { Desired, StackRecord } from './records.ts';

type Resource = CheckedTemplate['resources'][string];
type Properties = Record<string, unknown>;

/** What a template would change of a stack, as far as it can be said before anything is made. */
export interface Differences {
  changes: Change[];
  /** Outputs and tags count too. */
  any: boolean;
}

/** @param after of the checked template, with `desired`'s parameters */
export function differences(
  world: World,
  record: StackRecord,
  desired: Desired,
  after: CheckedTemplate,
): Differences {
  if (record.status === 'REVIEW_IN_PROGRESS') {
    const added = Object.entries(after.resources).map(([name, resource]) => change('Add', name, resource));
    return { changes: added, any: true };
  }
  const before = check(world, record, record);
  const changes: Change[] = [];
  for (const [name, resource] of Object.entries(after.resources)) {
    const old = before.resources[name];
    if (old === undefined) changes.push(change('Add', name, resource));
    else if (!isDeepStrictEqual(old, resource))
      changes.push(modification(world, record, name, { before: old, after: resource }));
  }
  for (const [name, resource] of Object.entries(before.resources)) {
    if (after.resources[name] !== undefined) continue;
    changes.push(change('Remove', name, resource, physicalIdOf(record, name)));
  }
  const others =
    !isDeepStrictEqual(before.outputs, after.outputs) || !isDeepStrictEqual(record.tags, desired.tags);
  // A resource that failed the last time is tried again.
  const failed = record.resources.some(({ status }) => status.endsWith('FAILED'));
  return { changes, any: changes.length > 0 || others || failed };
}

const physicalIdOf = (record: StackRecord, name: string): string | undefined =>
  record.resources.find(({ logicalId }) => logicalId === name)?.physicalId;

function change(Action: 'Add' | 'Remove', name: string, resource: Resource, physicalId?: string): Change {
  return {
    Type: 'Resource',
    ResourceChange: {
      Action,
      LogicalResourceId: name,
      ...(physicalId === undefined ? {} : { PhysicalResourceId: physicalId }),
      ResourceType: String(resource.Type),
      Scope: [],
      Details: [],
    },
  };
}

function modification(
  world: World,
  record: StackRecord,
  name: string,
  { before, after }: { before: Resource; after: Resource },
): Change {
  const [old, fresh] = [before.Properties, after.Properties] as [Properties, Properties];
  const type = String(after.Type);
  const changed = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter(
    (property) => !isDeepStrictEqual(old[property], fresh[property]),
  );
  const details = changed.map(
    (property): ResourceChangeDetail => ({
      Target: {
        Attribute: 'Properties',
        Name: property,
        RequiresRecreation: isReplaced(
          world,
          type,
          { [property]: old[property] },
          { [property]: fresh[property] },
        )
          ? 'Always'
          : 'Never',
      },
      Evaluation: 'Static',
      ChangeSource: 'DirectModification',
    }),
  );
  const physicalId = physicalIdOf(record, name);
  return {
    Type: 'Resource',
    ResourceChange: {
      Action: 'Modify',
      LogicalResourceId: name,
      ...(physicalId === undefined ? {} : { PhysicalResourceId: physicalId }),
      ResourceType: type,
      Replacement: isReplaced(world, type, old, fresh) ? 'True' : 'False',
      Scope: details.length > 0 ? ['Properties'] : ['Metadata'],
      Details: details,
    },
  };
}
