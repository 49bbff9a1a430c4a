import type { Removal } from './arguments.ts';
import { bucketsPart } from './buckets.ts';
import type { Clients } from './clients.ts';
import { endpointConfigsPart, endpointsPart, modelsPart } from './endpoints.ts';
import { alarmsPart, jobLogsPart, logGroupsPart } from './operations.ts';
import { type Part, prefixOf } from './part.ts';
import type { Patience } from './patience.ts';
import { modelPackageGroupsPart } from './registry.ts';
import { executionsPart, trainingJobsPart, transformJobsPart } from './work.ts';

export interface RemovalContext {
  clients: Clients;
  account: string;
  patience: Patience;
  stackExists(): Promise<boolean>;
  /** Deletes the stack and waits until it is gone. */
  removeStack(): Promise<void>;
  print(line: string): void;
}

/**
 * Removes everything of a stage, or prints what it would remove. First it removes what promotions have made.
 * An event may start another promotion meanwhile, so it looks again when the functions are deleted.
 */
export async function removeStage(removal: Removal, context: RemovalContext): Promise<void> {
  const { clients, account, patience, print } = context;
  const prefix = prefixOf(removal.stage);
  const made: Part[] = [
    executionsPart(clients.states, prefix),
    // Before the models, which a job may not have fetched yet.
    transformJobsPart(clients.sagemaker, prefix, patience),
    endpointsPart(clients.sagemaker, prefix, patience),
    endpointConfigsPart(clients.sagemaker, prefix),
    modelsPart(clients.sagemaker, prefix),
    trainingJobsPart(clients.sagemaker, prefix, patience),
    modelPackageGroupsPart(clients.sagemaker, prefix),
    alarmsPart(clients.cloudwatch, prefix),
  ];
  const written: Part[] = [
    jobLogsPart(clients.logs, 'TrainingJobs', prefix),
    jobLogsPart(clients.logs, 'TransformJobs', prefix),
    logGroupsPart(clients.logs, prefix),
  ];
  const buckets = bucketsPart(clients.s3, prefix, account, removal.region);
  const last = removal.buckets ? [...written, buckets] : written;

  if (!removal.yes) {
    await printPlan(removal, context, [...made, ...last]);
  } else {
    for (const part of made) await removeAll(part, print);
    if (await context.stackExists()) {
      print(`Stack graft-${removal.stage}`);
      await context.removeStack();
    }
    for (const part of [...made, ...last]) await removeAll(part, print);
  }
  const kept = removal.buckets ? [] : await buckets.list();
  for (const line of keptLines(removal, kept)) print(line);
}

async function printPlan(removal: Removal, context: RemovalContext, parts: readonly Part[]): Promise<void> {
  const { print } = context;
  print('With --yes this would be deleted:');
  if (await context.stackExists()) printNames('Stack', [`graft-${removal.stage}`], print);
  for (const part of parts) printNames(part.title, await part.list(), print);
}

function printNames(title: string, names: readonly string[], print: RemovalContext['print']): void {
  if (names.length === 0) return;
  print(`${title} (${names.length})`);
  for (const name of names) print(`  ${name}`);
}

async function removeAll(part: Part, print: RemovalContext['print']): Promise<void> {
  const names = await part.list();
  if (names.length > 0) print(`${part.title} (${names.length})`);
  for (const name of names) {
    print(`  ${name}`);
    await part.remove(name);
  }
}

function keptLines({ stage, yes }: Removal, buckets: readonly string[]): string[] {
  return [
    yes ? `\nStage ${stage} is removed.` : '\nNothing was deleted.',
    ...(buckets.length === 0
      ? []
      : [
          'These buckets stay, with all models and data (--buckets deletes them too):',
          ...buckets.map((name) => `  ${name}`),
        ]),
    'Metrics and traces stay until they expire. Whatever you made yourself stays: images copied elsewhere, roles, subscriptions.',
  ];
}
