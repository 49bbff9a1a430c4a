import type * as cfn from '@aws-sdk/client-cloudformation';
import { readTemplateText } from '../../../template/template.ts';
import type { CloudFormationContext } from '../context.ts';
import { check } from '../desired.ts';
import { templateText, validated } from '../template-source.ts';

export async function validateTemplate(
  { world }: CloudFormationContext,
  input: cfn.ValidateTemplateInput,
): Promise<Partial<cfn.ValidateTemplateOutput>> {
  const templateBody = await templateText(world, input);
  const template = validated(() => readTemplateText(templateBody, 'Template format error: the template'));
  // A parameter without a default gets a value only with a stack.
  const standIns = Object.entries(template.Parameters ?? {}).filter(([, one]) => one.Default === undefined);
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
}
