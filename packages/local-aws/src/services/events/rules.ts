import * as z from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { type ResourceType, ServiceError, type World } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import { parsePath } from './json-path.ts';
import { compilePattern, type Matcher } from './pattern.ts';

const jsonPath = z.string().refine((path) => {
  try {
    parsePath(path);
    return true;
  } catch {
    return false;
  }
}, 'no JSON path that EventBridge takes');

/** Services that can be a target here, as they stand in an ARN. */
const TARGETS = ['lambda', 'states', 'sqs', 'sns'];

const target = z
  .strictObject({
    Id: z.string().regex(/^[.\-_A-Za-z0-9]{1,64}$/),
    Arn: z
      .string()
      .refine((arn) => TARGETS.includes(arn.split(':')[2] ?? ''), `targets here are ${TARGETS.join(', ')}`),
    RoleArn: z.string().optional(),
    Input: z.string().optional(),
    InputPath: jsonPath.optional(),
    InputTransformer: z
      .strictObject({ InputPathsMap: z.record(z.string(), jsonPath).default({}), InputTemplate: z.string() })
      .optional(),
    RetryPolicy: z
      .strictObject({
        MaximumRetryAttempts: z.number().int().min(0).max(185).default(185),
        MaximumEventAgeInSeconds: z.number().int().min(60).max(86_400).default(86_400),
      })
      .default({ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 }),
    DeadLetterConfig: z.strictObject({ Arn: z.string().optional() }).optional(),
  })
  .refine(
    (one) =>
      [one.Input, one.InputPath, one.InputTransformer].filter((input) => input !== undefined).length <= 1,
    'Input, InputPath and InputTransformer exclude each other',
  );

export type Target = z.output<typeof target>;

const ruleProperties = z.strictObject({
  Name: z
    .string()
    .regex(/^[.\-_A-Za-z0-9]{1,64}$/)
    .optional(),
  // Schedules are refused: nothing here runs by the calendar.
  EventPattern: z.record(z.string(), z.unknown()),
  EventBusName: z.literal('default').optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Description: z.string().optional(),
  RoleArn: z.string().optional(),
  Targets: z.array(target).max(5).default([]),
});

export interface Rule {
  name: string;
  arn: string;
  description: string | undefined;
  pattern: Record<string, unknown>;
  matches: Matcher;
  enabled: boolean;
  targets: Target[];
}

/** The rules of the default bus. */
export class Rules {
  readonly #world: World;
  readonly #byName = new Map<string, Rule>();

  constructor(world: World) {
    this.#world = world;
  }

  list(prefix = ''): Rule[] {
    return [...this.#byName.values()]
      .filter((rule) => rule.name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Rule | undefined {
    return this.#byName.get(name);
  }

  /** @throws ServiceError `ResourceNotFoundException` */
  get(name: string | undefined): Rule {
    const rule = this.find(name ?? '');
    if (rule === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    }
    return rule;
  }

  /** `AWS::Events::Rule`. */
  readonly resource: ResourceType = {
    createOnly: ['Name', 'EventBusName'],
    put: (logicalId, given, stack) => {
      const what = `AWS::Events::Rule "${logicalId}"`;
      const properties = parseProperties(ruleProperties, given, what);
      const name = properties.Name ?? stack.physicalName(logicalId, 64);
      refuseTaken(stack, 'AWS::Events::Rule', name, this.#byName.has(name));
      const arn = `arn:aws:events:${this.#world.region}:${this.#world.accountId}:rule/${name}`;
      let matches: Matcher;
      try {
        matches = compilePattern(properties.EventPattern);
      } catch (cause) {
        throw new InvalidInputError(`${what} is not valid: ${(cause as Error).message}`, { cause });
      }
      this.#byName.set(name, {
        name,
        arn,
        description: properties.Description,
        pattern: properties.EventPattern,
        matches,
        enabled: properties.State === 'ENABLED',
        targets: properties.Targets,
      });
      return { ref: name, attributes: { Arn: arn } };
    },
    remove: ({ physicalId }) => void this.#byName.delete(physicalId),
  };
}
