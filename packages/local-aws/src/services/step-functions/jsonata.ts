import jsonata from 'jsonata';
import type { Clock } from '../../service.ts';
import { EvaluationError, StatesError } from './errors.ts';
import { stepFunctionsFunctions } from './functions.ts';
import { DATA_LIMIT, type Json, sizeOf, typeName } from './json.ts';

/** Against expressions that never end; in real time, whatever the clock of the execution says. */
const LIMITS = { timeout: 5_000, stack: 1_000 };

/** What an expression sees: `$states` and the variables by their names without `$`. */
export interface Visible {
  readonly states: Record<string, unknown>;
  readonly variables: Record<string, Json>;
}

/** The state on whose behalf something is evaluated, for messages. */
export interface Place {
  readonly name: string;
  /** Id of its `…StateEntered` event. */
  readonly enteredId: number;
}

/** Evaluates JSONata as Step Functions does. One per execution; compiled expressions are kept. */
export class Evaluator {
  readonly #clock: Clock;
  readonly #functions: Record<string, (...values: never[]) => unknown>;
  readonly #compiled = new Map<string, jsonata.Expression>();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#functions = stepFunctionsFunctions(random);
  }

  /**
   * Replaces every `{% … %}` inside a JSON value by what it evaluates to. Keys and other strings stay.
   *
   * @param location the field, for instance `Arguments`; grows with the path inside it
   * @throws EvaluationError when an expression fails or returns nothing
   * @throws StatesError `States.DataLimitExceeded` when the whole is larger than 262,144 bytes
   */
  async evaluate(template: Json, visible: Visible, place: Place, location: string): Promise<Json> {
    const value = await this.#walk(template, visible, place, location);
    checkSize(value, place.name);
    return value;
  }

  /**
   * As `evaluate`, for a field whose value must have a type; `expected` is how the message names the type.
   */
  async evaluateTo<T extends Json>(
    { template, location }: { template: Json; location: string },
    visible: Visible,
    place: Place,
    { expected, is }: { expected: string; is: (value: Json) => value is T },
  ): Promise<T> {
    const value = await this.evaluate(template, visible, place, location);
    if (is(value)) return value;
    throw failed(
      place,
      `${expression(template, location)} returned an unexpected result type. Expected '${expected}', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`,
      location,
    );
  }

  async #walk(template: Json, visible: Visible, place: Place, location: string): Promise<Json> {
    if (typeof template === 'string') {
      return isExpression(template) ? this.#one(template, visible, place, location) : template;
    }
    if (Array.isArray(template)) {
      const values: Json[] = [];
      for (const [position, item] of template.entries()) {
        values.push(await this.#walk(item, visible, place, `${location}[${position}]`));
      }
      return values;
    }
    if (template !== null && typeof template === 'object') {
      const values: [string, Json][] = [];
      for (const [key, item] of Object.entries(template)) {
        values.push([key, await this.#walk(item, visible, place, `${location}/${key}`)]);
      }
      return Object.fromEntries(values);
    }
    return template;
  }

  async #one(template: string, visible: Visible, place: Place, location: string): Promise<Json> {
    const source = sourceOf(template);
    let value: unknown;
    try {
      value = await this.#compile(source).evaluate(undefined, {
        ...visible.variables,
        ...this.#functions,
        ...this.#time(),
        states: visible.states,
      });
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      const detail = [code, message ?? String(error)].filter(Boolean).join(': ');
      throw failed(
        place,
        `${expression(template, location)} threw an error during evaluation. ${detail}`,
        location,
      );
    }
    if (value === undefined) {
      throw failed(place, `${expression(template, location)} returned nothing (undefined).`, location);
    }
    const text = isCallable(value) ? undefined : JSON.stringify(value);
    if (text === undefined) {
      throw failed(place, `${expression(template, location)} returned an unsupported result type.`, location);
    }
    // Through text, so that a result shares nothing with the input and sequences lose their marks.
    return JSON.parse(text) as Json;
  }

  #compile(source: string): jsonata.Expression {
    const known = this.#compiled.get(source);
    if (known) return known;
    const compiled = jsonata(source, LIMITS);
    this.#compiled.set(source, compiled);
    return compiled;
  }

  /** `$now` and `$millis` by the execution's clock. */
  #time(): Record<string, (...values: never[]) => unknown> {
    const now = this.#clock.now();
    return {
      millis: () => now,
      now: (picture?: string, timezone?: string) =>
        picture === undefined
          ? new Date(now).toISOString()
          : this.#compile('$fromMillis($at, $picture, $timezone)').evaluate(undefined, {
              at: now,
              picture,
              timezone,
            }),
    };
  }
}

/**
 * @throws StatesError `States.DataLimitExceeded` when a state's data is larger than 262,144 bytes of UTF-8
 */
export function checkSize(value: Json, state: string): void {
  if (sizeOf(JSON.stringify(value)) <= DATA_LIMIT) return;
  throw new StatesError(
    'States.DataLimitExceeded',
    `The state/task '${state}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

/** `{% … %}` and nothing around it. */
export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4;
}

/** What stands between `{%` and `%}`. */
export function sourceOf(template: string): string {
  return template.slice(2, -2).trim();
}

/** A failure in the state `place`, worded as AWS words it. */
export function failed(place: Place, message: string, location?: string): EvaluationError {
  return new EvaluationError(
    `An error occurred while executing the state '${place.name}' (entered at the event id #${place.enteredId}). ${message}`,
    location,
  );
}

function expression(template: Json, location: string): string {
  const source =
    typeof template === 'string' && isExpression(template) ? sourceOf(template) : JSON.stringify(template);
  return `The JSONata expression '${source}' specified for the field '${location}'`;
}

function isCallable(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value)
  );
}
