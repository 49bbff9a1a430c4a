import { z } from 'zod';
import { InvalidInputError } from '#core/errors.ts';
import type { ResourceType, World } from '../../service.ts';
import { checkName } from './arns.ts';
import { describeDiagnostics } from './definition/diagnostic.ts';
import { parseDefinition } from './definition/parse.ts';
import type { Machine, Machines } from './machines.ts';
import { checkMachineRole } from './role-checks.ts';

const destination = z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) });

/** Booleans and numbers come as text where the template's author wrote text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

const PROPERTIES = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z
    .literal('STANDARD', { error: 'only STANDARD state machines are supported locally' })
    .optional(),
  RoleArn: z.string(),
  Definition: z.record(z.string(), z.unknown()).optional(),
  DefinitionString: z.string().optional(),
  DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  LoggingConfiguration: z
    .strictObject({
      Level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).optional(),
      IncludeExecutionData: flag.optional(),
      Destinations: z.array(destination).optional(),
    })
    .optional(),
  TracingConfiguration: z.strictObject({ Enabled: flag.optional() }).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** `AWS::StepFunctions::StateMachine`. */
export function stateMachineResource(world: World, machines: Machines): ResourceType {
  return (logicalId, properties, stack) => {
    const parsed = PROPERTIES.safeParse(properties);
    if (!parsed.success) {
      throw new InvalidInputError(`state machine ${logicalId}: ${z.prettifyError(parsed.error)}`, {
        hint: 'docs/fidelity.md lists what the local Step Functions supports.',
      });
    }
    const given = parsed.data;
    const definition = definitionText(logicalId, given);
    const checked = parseDefinition(definition);
    if ('diagnostics' in checked) {
      throw new InvalidInputError(
        `Invalid State Machine Definition: '${describeDiagnostics(checked.diagnostics)}' (resource ${logicalId})`,
        { hint: 'The place after "at" is the path of the state and field in the definition.' },
      );
    }
    const name = given.StateMachineName ?? stack.physicalName(logicalId, 80);
    checkName(name);
    const machine: Omit<Machine, 'revision' | 'creationDate'> = {
      arn: `arn:aws:states:${world.region}:${world.accountId}:stateMachine:${name}`,
      name,
      roleArn: given.RoleArn,
      definition,
      tags: (given.Tags ?? []).map(({ Key: key, Value: value }) => ({ key, value })),
      ...(given.LoggingConfiguration ? { logging: loggingOf(given.LoggingConfiguration) } : {}),
      ...(given.TracingConfiguration
        ? { tracing: { enabled: given.TracingConfiguration.Enabled ?? false } }
        : {}),
    };
    checkMachineRole(world, machine);
    const { arn, revision } = machines.deploy(machine, world.clock.now());
    return { ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: revision } };
  };
}

function loggingOf(given: NonNullable<z.output<typeof PROPERTIES>['LoggingConfiguration']>) {
  return {
    level: given.Level ?? ('OFF' as const),
    includeExecutionData: given.IncludeExecutionData ?? false,
    destinations: (given.Destinations ?? []).map(
      ({ CloudWatchLogsLogGroup: { LogGroupArn: logGroupArn } }) => ({
        cloudWatchLogsLogGroup: { logGroupArn },
      }),
    ),
  };
}

/** The definition as JSON text, with `${Name}` replaced as `DefinitionSubstitutions` says. */
function definitionText(logicalId: string, given: z.output<typeof PROPERTIES>): string {
  const { Definition: object, DefinitionString: text, DefinitionSubstitutions: substitutions = {} } = given;
  if ((object === undefined) === (text === undefined)) {
    throw new InvalidInputError(`state machine ${logicalId} needs either Definition or DefinitionString`);
  }
  const fill = (part: string) =>
    part.replace(/\$\{([A-Za-z0-9_]+)\}/g, (placeholder, name: string) => {
      const value = substitutions[name];
      if (value !== undefined) return String(value);
      throw new InvalidInputError(`state machine ${logicalId}: nothing replaces ${placeholder}`, {
        hint: `Add ${name} to DefinitionSubstitutions.`,
      });
    });
  if (text !== undefined) return fill(text);
  return JSON.stringify(object, (_, value: unknown) => (typeof value === 'string' ? fill(value) : value));
}
