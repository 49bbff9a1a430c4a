import type * as z from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { checkExpressions } from './expressions.ts';
import { checkGraph } from './graph.ts';
import { DEFINITION_SCHEMA, REFUSED_FIELDS, STATE_SCHEMAS } from './schema.ts';
import { checkState } from './state-rules.ts';
import type { Definition } from './types.ts';
import { assignments, checkVariableName } from './variables.ts';

type Raw = Record<string, unknown>;

/** Largest definition, in bytes: Step Functions' limit. */
const LARGEST = 1_048_576;

/**
 * Reads an Amazon States Language definition and checks all of it.
 *
 * @returns the definition, or everything that is wrong with it, each with its place
 */
export function parseDefinition(text: string): { definition: Definition } | { diagnostics: Diagnostic[] } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return invalidJson((error as Error).message);
  }
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    return invalidJson('Definition must be a valid JSON object');
  }
  if (Buffer.byteLength(text) > LARGEST) return invalidJson(`the definition is larger than ${LARGEST} bytes`);
  const diagnostics = new Checker(raw as Raw).check();
  return diagnostics.length > 0 ? { diagnostics } : { definition: raw as unknown as Definition };
}

function invalidJson(message: string): { diagnostics: Diagnostic[] } {
  return { diagnostics: [{ code: 'INVALID_JSON_DESCRIPTION', message, location: '/' }] };
}

class Checker {
  readonly #definition: Raw;
  readonly #diagnostics: Diagnostic[] = [];
  /** State names are unique in the whole definition, so that history and Catch are unambiguous. */
  readonly #names = new Set<string>();

  constructor(definition: Raw) {
    this.#definition = definition;
  }

  check(): Diagnostic[] {
    if (this.#fields(this.#definition, DEFINITION_SCHEMA, ''))
      this.#workflow(this.#definition, '', new Set());
    return this.#diagnostics;
  }

  readonly #report = (found: Diagnostic): void => {
    this.#diagnostics.push({ ...found, location: found.location || '/' });
  };

  #found(message: string, location: string): void {
    this.#report({ code: 'SCHEMA_VALIDATION_FAILED', message, location });
  }

  /** @param outer variables that the scopes around this one assign */
  #workflow(workflow: Raw, location: string, outer: ReadonlySet<string>): void {
    const states = Object.entries(workflow.States as Raw);
    const sound = states.filter(([name, state]) => this.#state(name, state, `${location}/States/${name}`));
    if (sound.length < states.length || states.length === 0) {
      if (states.length === 0) this.#found('there are no states', `${location}/States`);
      return;
    }
    checkGraph(workflow, location, this.#report);
    const own = new Set<string>();
    for (const [name, state] of states) {
      for (const found of assignments(state as Raw, `${location}/States/${name}`)) {
        own.add(found.name);
        const wrong = checkVariableName(found.name, found.location);
        if (wrong) this.#report(wrong);
        if (outer.has(found.name)) {
          this.#found(
            `the variable "${found.name}" is assigned in an outer scope, where it can only be read`,
            found.location,
          );
        }
      }
    }
    const visible = new Set([...outer, ...own]);
    for (const [name, state] of states) this.#inner(state as Raw, `${location}/States/${name}`, visible);
  }

  #state(name: string, raw: unknown, location: string): boolean {
    if (this.#names.has(name)) this.#found(`the state name "${name}" is used twice`, location);
    this.#names.add(name);
    if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
      this.#found('a state must be an object', location);
      return false;
    }
    const state = raw as Raw;
    const schema = STATE_SCHEMAS[state.Type as keyof typeof STATE_SCHEMAS];
    if (!schema || !Object.hasOwn(STATE_SCHEMAS, String(state.Type))) {
      this.#found(`Type must be one of ${Object.keys(STATE_SCHEMAS).join(', ')}`, `${location}/Type`);
      return false;
    }
    if (!this.#language(state, location) || !this.#fields(state, schema, location)) return false;
    checkState(state, (message, path = '') => this.#found(message, `${location}${path}`));
    const { Branches: _branches, ItemProcessor: _processor, Comment: _comment, ...own } = state;
    checkExpressions(own, location, this.#report);
    return true;
  }

  /** JSONPath states are refused as such, before their fields are refused one by one. */
  #language(state: Raw, location: string): boolean {
    const whole = this.#definition.QueryLanguage;
    if (whole === 'JSONata' && state.QueryLanguage === 'JSONPath') {
      this.#found(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        `${location}/QueryLanguage`,
      );
      return false;
    }
    if ((state.QueryLanguage ?? whole ?? 'JSONPath') !== 'JSONPath') return true;
    this.#found(
      'the state uses JSONPath (the default), which the local Step Functions does not support: set "QueryLanguage": "JSONata"',
      location,
    );
    return false;
  }

  #fields(value: Raw, schema: z.ZodType, location: string): boolean {
    const parsed = schema.safeParse(value);
    if (parsed.success) return true;
    const missing: string[] = [];
    for (const issue of parsed.error.issues) {
      const path = issue.path.reduce<string>(
        (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}/${String(part)}`),
        location,
      );
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) this.#unknown(key, path);
      else if (issue.path.length === 1 && !(String(issue.path[0]) in value))
        missing.push(String(issue.path[0]));
      else this.#refused(issue, value, path);
    }
    if (missing.length > 0) this.#found(`These fields are required: [${missing.join(', ')}]`, location);
    return false;
  }

  #unknown(key: string, location: string): void {
    this.#found(REFUSED_FIELDS[key] ?? `Field "${key}" is not supported`, `${location}/${key}`);
  }

  #refused(issue: z.core.$ZodIssue, value: Raw, location: string): void {
    const mode = (value.ItemProcessor as { ProcessorConfig?: Raw } | undefined)?.ProcessorConfig?.Mode;
    const distributed = location.endsWith('/ProcessorConfig/Mode') && mode === 'DISTRIBUTED';
    this.#found(
      distributed ? 'distributed Map (Mode DISTRIBUTED) is not supported' : issue.message,
      location,
    );
  }

  #inner(state: Raw, location: string, outer: ReadonlySet<string>): void {
    if (state.Type === 'Map') this.#workflow(state.ItemProcessor as Raw, `${location}/ItemProcessor`, outer);
    if (state.Type === 'Parallel') {
      for (const [position, branch] of (state.Branches as Raw[]).entries()) {
        this.#workflow(branch, `${location}/Branches[${position}]`, outer);
      }
    }
  }
}
