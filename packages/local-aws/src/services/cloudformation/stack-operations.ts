import type * as cfn from '@aws-sdk/client-cloudformation';
import { type Operation, ServiceError, type World } from '../../service.ts';
import { readTemplateText } from '../../template/template.ts';
import { differences } from './changes.ts';
import { check } from './desired.ts';
import type { StackEngine } from './engine.ts';
import { readRequest } from './request.ts';
import { templateText, validated } from './template-source.ts';
import { refuseUnlessUpdatable } from './updatable.ts';

/** Making, changing and deleting stacks without a change set. Each answers at once; the stack's events tell the rest. */
export function stackOperations(world: World, engine: StackEngine): Record<string, Operation> {
  const { stacks } = engine;
  return {
    CreateStack: async (input: cfn.CreateStackInput): Promise<Partial<cfn.CreateStackOutput>> => {
      const name = input.StackName ?? '';
      if (stacks.find(name) !== undefined) {
        throw new ServiceError('AlreadyExistsException', `Stack [${name}] already exists`);
      }
      const { desired } = await readRequest(world, { name, id: name }, input);
      const record = stacks.create(name, desired, 'CREATE_IN_PROGRESS', {
        onFailure: input.DisableRollback === true ? 'DO_NOTHING' : (input.OnFailure ?? 'ROLLBACK'),
        terminationProtection: input.EnableTerminationProtection === true,
      });
      void engine.deploy(record, 'CREATE_IN_PROGRESS', desired, input.ClientRequestToken);
      return { StackId: record.id };
    },

    UpdateStack: async (input: cfn.UpdateStackInput): Promise<Partial<cfn.UpdateStackOutput>> => {
      const record = stacks.find(input.StackName);
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
    },

    DeleteStack: (input: cfn.DeleteStackInput) => {
      const record = stacks.find(input.StackName);
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
      if (record.status === 'REVIEW_IN_PROGRESS') stacks.forget(record);
      else if (record.status.endsWith('IN_PROGRESS')) {
        if (record.status !== 'DELETE_IN_PROGRESS') {
          throw new ServiceError(
            'ValidationError',
            `Stack [${record.name}] cannot be deleted while in status ${record.status}`,
          );
        }
      } else void engine.delete(record, retained, input.ClientRequestToken);
      return {};
    },

    UpdateTerminationProtection: (
      input: cfn.UpdateTerminationProtectionInput,
    ): Partial<cfn.UpdateTerminationProtectionOutput> => {
      const record = stacks.get(input.StackName);
      stacks.put({ ...record, terminationProtection: input.EnableTerminationProtection === true });
      return { StackId: record.id };
    },

    ValidateTemplate: async (
      input: cfn.ValidateTemplateInput,
    ): Promise<Partial<cfn.ValidateTemplateOutput>> => {
      const templateBody = await templateText(world, input);
      const template = validated(() => readTemplateText(templateBody, 'Template format error: the template'));
      // A parameter without a default gets a value only with a stack.
      const standIns = Object.entries(template.Parameters ?? {}).filter(
        ([, one]) => one.Default === undefined,
      );
      if (standIns.length === 0) {
        const desired = { templateBody, parameters: {}, tags: {}, capabilities: [] };
        validated(() => check(world, { name: 'validation', id: 'validation' }, desired));
      }
      const hasRoles = Object.values(template.Resources).some(({ Type }) => Type.startsWith('AWS::IAM::'));
      return {
        ...(template.Description === undefined ? {} : { Description: template.Description }),
        Parameters: Object.entries(template.Parameters ?? {}).map(([ParameterKey, parameter]) => ({
          ParameterKey,
          NoEcho: String(parameter.NoEcho ?? false) === 'true',
          ...(parameter.Default === undefined ? {} : { DefaultValue: String(parameter.Default) }),
          ...(parameter.Description === undefined ? {} : { Description: String(parameter.Description) }),
        })),
        ...(hasRoles
          ? {
              Capabilities: ['CAPABILITY_NAMED_IAM'],
              CapabilitiesReason: 'The following resource(s) require capabilities: [AWS::IAM::Role]',
            }
          : {}),
      };
    },
  };
}
