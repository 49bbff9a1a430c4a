import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LoggingConfiguration, Tag, TracingConfiguration } from '@aws-sdk/client-sfn';
import { Collection } from '../../store/collection.ts';
import type { Definition } from './definition/types.ts';

/** A state machine as it is deployed now. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  /** JSON text. */
  readonly definition: string;
  readonly revision: string;
  /** Milliseconds since 1970. */
  readonly creationDate: number;
  readonly tags: Tag[];
  readonly logging?: LoggingConfiguration;
  readonly tracing?: TracingConfiguration;
}

/** What an execution keeps running on, whatever is deployed after it started. */
export interface Revision {
  readonly definition: string;
  readonly roleArn: string;
  /** Milliseconds since 1970. */
  readonly updateDate: number;
}

/** The state machines of the template, and every revision that an execution may still need. */
export class Machines {
  readonly #deployed = new Map<string, Machine>();
  readonly #revisions: Collection<Revision>;
  readonly #created: Collection<{ creationDate: number }>;

  constructor(folder: string) {
    this.#revisions = new Collection(join(folder, 'revisions'));
    this.#created = new Collection(join(folder, 'machines'));
  }

  /** Deploys a state machine, or finds the same one again. */
  deploy(machine: Omit<Machine, 'revision' | 'creationDate'>, now: number): Machine {
    const { definition, roleArn } = machine;
    const revision = createHash('sha256')
      .update(JSON.stringify([definition, roleArn]))
      .digest('hex')
      .slice(0, 32);
    if (!this.#revisions.has(revision))
      this.#revisions.put(revision, { definition, roleArn, updateDate: now });
    if (!this.#created.has(machine.name)) this.#created.put(machine.name, { creationDate: now });
    const creationDate = this.#created.get(machine.name)?.creationDate ?? now;
    const deployed: Machine = { ...machine, revision, creationDate };
    this.#deployed.set(machine.arn, deployed);
    return deployed;
  }

  /** What its executions need of it stays. */
  delete(arn: string): void {
    const name = this.#deployed.get(arn)?.name;
    this.#deployed.delete(arn);
    if (name !== undefined) this.#created.delete(name);
  }

  get(arn: string): Machine | undefined {
    return this.#deployed.get(arn);
  }

  list(): Machine[] {
    return [...this.#deployed.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  revision(id: string): Revision | undefined {
    return this.#revisions.get(id);
  }

  /** The definition of a revision; it was checked when it was deployed. */
  definitionOf(revision: Revision): Definition {
    return JSON.parse(revision.definition) as Definition;
  }
}
