import type { Permission, Permissions, Place } from '../../operation-permissions.ts';

// biome-ignore lint/suspicious/noExplicitAny: the input's shape depends on the operation
type Input = any;

/** Kind of resource in the ARN, by the member of the input that names it. */
const NAMED: [member: string, kind: string][] = [
  ['TrainingJobName', 'training-job'],
  ['TransformJobName', 'transform-job'],
  ['EndpointName', 'endpoint'],
  ['EndpointConfigName', 'endpoint-config'],
  ['ModelName', 'model'],
];

/**
 * What SageMaker's operations need, from its service authorization reference. Names in its ARNs are lower
 * case.
 */
export const permissions: Permissions = (operation, input, { region, accountId }) => {
  const action = `sagemaker:${operation}`;
  if (operation.startsWith('List') && operation !== 'ListTags') return [{ action, resource: '*' }];
  if (/ModelPackage(Group)?$/.test(operation))
    return registryPermissions(operation, input, { region, accountId });
  if (/Tags$/.test(operation)) return [{ action, resource: input.ResourceArn ?? '*' }];
  const arn = (kind: string, name: string) =>
    `arn:aws:sagemaker:${region}:${accountId}:${kind}/${name.toLowerCase()}`;
  // Of CreateTransformJob the model is no resource, but a condition key.
  const named = NAMED.filter(([member]) => input[member] !== undefined).slice(
    0,
    operation === 'CreateTransformJob' ? 1 : undefined,
  );
  // CreateEndpoint and UpdateEndpoint need the action on the configuration too.
  const needed: Permission[] = named.map(([member, kind]) => ({
    action,
    resource: arn(kind, input[member]),
  }));
  if (needed.length === 0) needed.push({ action, resource: '*' });
  const [own] = named;
  if (operation.startsWith('Create') && input.Tags?.length > 0 && own !== undefined) {
    needed.push({ action: 'sagemaker:AddTags', resource: arn(own[1], input[own[0]]) });
  }
  const role = input.RoleArn ?? input.ExecutionRoleArn;
  if (role !== undefined) {
    needed.push({
      action: 'iam:PassRole',
      resource: role,
      context: { 'iam:passedtoservice': 'sagemaker.amazonaws.com' },
      // SageMaker's hosting sends this text with the asterisk. Training jobs are named ("Cross-service
      // confused deputy prevention", developer guide).
      sourceArn:
        own?.[1] === 'training-job'
          ? arn(own[1], input[own[0]])
          : `arn:aws:sagemaker:${region}:${accountId}:*`,
    });
  }
  return needed;
};

/** A package belongs to its group: creating one needs the action on both. */
function registryPermissions(operation: string, input: Input, { region, accountId }: Place): Permission[] {
  const action = `sagemaker:${operation}`;
  const arn = (kind: string, name: string) =>
    name.startsWith('arn:') ? name : `arn:aws:sagemaker:${region}:${accountId}:${kind}/${name.toLowerCase()}`;
  const group = input.ModelPackageGroupName;
  const own = input.ModelPackageArn ?? input.ModelPackageName;
  const needed: Permission[] = [];
  if (group !== undefined) needed.push({ action, resource: arn('model-package-group', group) });
  if (operation === 'CreateModelPackage' && group !== undefined) {
    const name = group.split('/').at(-1).toLowerCase();
    needed.push({ action, resource: `${arn('model-package', name)}/*` });
  }
  if (own !== undefined) needed.push({ action, resource: arn('model-package', own) });
  if (needed.length === 0) needed.push({ action, resource: '*' });
  if (operation === 'CreateModelPackageGroup' && input.Tags?.length > 0) {
    needed.push({ action: 'sagemaker:AddTags', resource: arn('model-package-group', group) });
  }
  return needed;
}
