import * as z from 'zod';
import { InvalidInputError } from '../../errors.ts';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import { checkName } from './arns.ts';
import type { StepFunctionsContext } from './context.ts';
import { describeDiagnostics } from './definition/diagnostic.ts';
import { parseDefinition } from './definition/parse.ts';
import type { Machine } from './machines.ts';
import { checkMachineRole } from './role-checks.ts';

const destination = z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) });

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
      IncludeExecutionData: z.boolean().optional(),
      Destinations: z.array(destination).optional(),
    })
    .optional(),
  TracingConfiguration: z.strictObject({ Enabled: z.boolean().optional() }).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** `AWS::StepFunctions::StateMachine`. */
export function stateMachineResource({ world, machines, executions }: StepFunctionsContext): ResourceType {
  return {
    createOnly: ['StateMachineName', 'StateMachineType'],
    put(logicalId, properties, stack) {
      const given = parseProperties(PROPERTIES, properties, `state machine ${logicalId}`);
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
      const arn = `arn:aws:states:${world.region}:${world.accountId}:stateMachine:${name}`;
      refuseTaken(stack, 'AWS::StepFunctions::StateMachine', arn, machines.get(arn) !== undefined);
      const machine: Omit<Machine, 'revision' | 'creationDate'> = {
        arn,
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
      const { revision } = machines.deploy(machine, world.clock.now());
      return { ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: revision } };
    },
    /** Step Functions ends the executions of a state machine that is deleted. */
    remove({ physicalId }) {
      const name = machines.get(physicalId)?.name;
      machines.delete(physicalId);
      for (const { arn, status } of name === undefined ? [] : executions.list(name)) {
        if (status === 'RUNNING') executions.stop(arn, undefined, 'The state machine was deleted.');
      }
    },
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
