import { ServiceError } from '../../service.ts';
import type { Code } from './code.ts';
import type { EventInvokeConfig, FunctionProperties } from './function-properties.ts';

/** One statement of a function's resource policy, as `GetPolicy` shows it. */
export interface PolicyStatement {
  Sid: string;
  Effect: 'Allow';
  Principal: { Service: string } | { AWS: string } | '*';
  Action: string;
  Resource: string;
  Condition?: Record<string, Record<string, string>>;
}

/** One function of the template with everything that hangs on it. */
export interface FunctionDefinition {
  name: string;
  /** Without qualifier. */
  arn: string;
  properties: FunctionProperties;
  code: Code;
  /** ISO 8601, as Lambda writes it. */
  lastModified: string;
  /** Qualifiers that can be invoked → version. */
  qualifiers: Map<string, string>;
  policy: PolicyStatement[];
  /** By qualifier. */
  invokeConfigs: Map<string, EventInvokeConfig>;
}

/** A function and the version that a reference to it means. */
export interface ResolvedFunction {
  definition: FunctionDefinition;
  /** As asked for; `$LATEST` when nothing was. */
  qualifier: string;
  version: string;
  /** With the qualifier when one was asked for. */
  invokedArn: string;
}

/** `name`, `name:qualifier`, `account:function:name[:qualifier]` or the ARN: every form that Lambda takes. */
const REFERENCE =
  /^(?:(?:arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z0-9-]+):)?(?<account>\d{12}):(?:function:)?)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

export class FunctionRegistry {
  readonly #byName = new Map<string, FunctionDefinition>();
  readonly #region: string;
  readonly #accountId: string;

  constructor(region: string, accountId: string) {
    this.#region = region;
    this.#accountId = accountId;
  }

  arn(name: string): string {
    return `arn:aws:lambda:${this.#region}:${this.#accountId}:function:${name}`;
  }

  find(name: string): FunctionDefinition | undefined {
    return this.#byName.get(name);
  }

  /** Makes the function or changes it; what hangs on it stays. */
  put(definition: Pick<FunctionDefinition, 'name' | 'arn' | 'properties' | 'code' | 'lastModified'>): void {
    const known = this.#byName.get(definition.name) ?? {
      qualifiers: new Map([['$LATEST', '$LATEST']]),
      policy: [],
      invokeConfigs: new Map(),
    };
    this.#byName.set(definition.name, { ...known, ...definition });
  }

  /** With everything that hangs on it. */
  delete(name: string): void {
    this.#byName.delete(name);
  }

  list(): FunctionDefinition[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The function that a name or ARN means, when it is there. */
  found(reference: string): FunctionDefinition | undefined {
    return this.#byName.get(REFERENCE.exec(reference)?.groups?.name ?? '');
  }

  /**
   * @throws ServiceError ResourceNotFoundException, AccessDeniedException for another account's function,
   *   ValidationException for what is no function's name
   */
  resolve(reference: string, asked?: string): ResolvedFunction {
    const groups = REFERENCE.exec(reference)?.groups;
    if (groups?.name === undefined) {
      throw new ServiceError('ValidationException', `"${reference}" is no function name or ARN`);
    }
    this.#assertHere(reference, groups.region, groups.account);
    if (asked !== undefined && groups.qualifier !== undefined && asked !== groups.qualifier) {
      throw new ServiceError(
        'InvalidParameterValueException',
        'The derived qualifier from the function name does not match the specified qualifier.',
      );
    }
    const written = asked ?? groups.qualifier;
    const qualifier = written ?? '$LATEST';
    const definition = this.#byName.get(groups.name);
    const version = definition?.qualifiers.get(qualifier);
    if (definition === undefined || version === undefined) {
      const arn = this.arn(groups.name) + (written === undefined ? '' : `:${written}`);
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404, {
        Type: 'User',
      });
    }
    const invokedArn = written === undefined ? definition.arn : `${definition.arn}:${written}`;
    return { definition, qualifier, version, invokedArn };
  }

  /** A name counts in one account and region only: the same name elsewhere is another function. */
  #assertHere(reference: string, region = this.#region, account = this.#accountId): void {
    if (region !== this.#region) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Functions from '${region}' are not reachable in this region ('${this.#region}')`,
        404,
        { Type: 'User' },
      );
    }
    if (account !== this.#accountId) {
      throw new ServiceError(
        'AccessDeniedException',
        `User: arn:aws:iam::${this.#accountId}:root is not authorized to perform an operation on resource: ${reference} because no resource-based policy allows it`,
        403,
      );
    }
  }
}
