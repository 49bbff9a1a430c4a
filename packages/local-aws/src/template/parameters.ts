import { InvalidInputError } from '../errors.ts';
import type { Template } from './template.ts';

type Parameter = NonNullable<Template['Parameters']>[string];

/**
 * What `Ref` of each parameter gives: text, or a list of texts.
 *
 * @param given values; the other parameters take their defaults
 * @throws InvalidInputError listing every parameter without a value, value without a parameter, and value out
 *   of its limits
 */
export function parameterValues(
  template: Template,
  given: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {};
  const missing: string[] = [];
  const problems: string[] = [];
  for (const [name, parameter] of Object.entries(template.Parameters ?? {})) {
    if (parameter.Type.startsWith('AWS::SSM::')) {
      problems.push(`parameter "${name}" has the type ${parameter.Type}, which is not emulated`);
      continue;
    }
    const value = Object.hasOwn(given, name) ? given[name] : parameter.Default;
    if (value === undefined) {
      missing.push(name);
      continue;
    }
    const isList = /^(CommaDelimitedList|List<)/.test(parameter.Type);
    const list = isList
      ? String(value)
          .split(',')
          .map((item) => item.trim())
      : [String(value)];
    problems.push(...list.flatMap((item) => outOfLimits(name, parameter, item)));
    values[name] = isList ? list : String(value);
  }
  if (missing.length > 0) problems.unshift(`Parameters: [${missing.join(', ')}] must have values`);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(template.Parameters ?? {}, name));
  if (unknown.length > 0) {
    problems.unshift(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  }
  if (problems.length > 0) throw new InvalidInputError(problems.join('; '));
  return values;
}

function outOfLimits(name: string, parameter: Parameter, value: string): string[] {
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue } = parameter as {
    AllowedValues?: unknown[];
    AllowedPattern?: string;
    MinLength?: unknown;
    MaxLength?: unknown;
    MinValue?: unknown;
    MaxValue?: unknown;
  };
  const wrong = (what: string) => `Parameter '${name}' ${what}`;
  const problems: string[] = [];
  if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value)) {
    problems.push(wrong(`must be one of AllowedValues: ${AllowedValues.join(', ')}`));
  }
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) {
    problems.push(wrong(`must match pattern ${AllowedPattern}`));
  }
  if (MinLength !== undefined && value.length < Number(MinLength)) {
    problems.push(wrong(`must contain at least ${MinLength} characters`));
  }
  if (MaxLength !== undefined && value.length > Number(MaxLength)) {
    problems.push(wrong(`must contain at most ${MaxLength} characters`));
  }
  if (/^(Number|List<Number>)$/.test(parameter.Type)) {
    if (value.trim() === '' || Number.isNaN(Number(value))) problems.push(wrong('must be a number'));
    else if (MinValue !== undefined && Number(value) < Number(MinValue)) {
      problems.push(wrong(`must be a number not less than ${MinValue}`));
    } else if (MaxValue !== undefined && Number(value) > Number(MaxValue)) {
      problems.push(wrong(`must be a number not greater than ${MaxValue}`));
    }
  }
  return problems;
}
