import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

interface Resource {
  Type: string;
  DependsOn?: unknown;
  Properties: Record<string, unknown>;
}

/** Name of the key whose plan lets one request through in a quarter of an hour. */
export const SLOW_KEY = 'fuzz-slow';

/**
 * A copy of the packaged template whose usage plan lets so many requests through that they get to the
 * functions, with a second plan for the answers to a caller who asks too often. The functions' archives are
 * links.
 *
 * @param folder where the copy goes; it has to be there, and empty
 * @returns path of the template's copy
 */
export async function withUsagePlans(template: string, folder: string): Promise<string> {
  const from = dirname(template);
  for (const name of await readdir(from)) {
    if (name !== basename(template)) await symlink(join(from, name), join(folder, name));
  }
  const stack = JSON.parse(await readFile(template, 'utf8')) as { Resources: Record<string, Resource> };
  const plan = Object.values(stack.Resources).find(({ Type }) => Type === 'AWS::ApiGateway::UsagePlan');
  if (plan === undefined) throw new Error(`${template} has no usage plan`);
  plan.Properties.Throttle = { RateLimit: 100_000, BurstLimit: 100_000 };
  Object.assign(stack.Resources, {
    FuzzSlowPlan: {
      Type: plan.Type,
      ...(plan.DependsOn === undefined ? {} : { DependsOn: plan.DependsOn }),
      Properties: {
        UsagePlanName: SLOW_KEY,
        ApiStages: plan.Properties.ApiStages,
        Throttle: { RateLimit: 0.001, BurstLimit: 1 },
      },
    },
    FuzzSlowKey: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Name: SLOW_KEY, Enabled: true } },
    FuzzSlowPlanKey: {
      Type: 'AWS::ApiGateway::UsagePlanKey',
      Properties: {
        KeyId: { Ref: 'FuzzSlowKey' },
        KeyType: 'API_KEY',
        UsagePlanId: { Ref: 'FuzzSlowPlan' },
      },
    },
  } satisfies Record<string, Resource>);
  const copy = join(folder, basename(template));
  await writeFile(copy, JSON.stringify(stack));
  return copy;
}
