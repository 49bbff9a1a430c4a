import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidInputError } from '#core/errors.ts';
import { repository } from '../fingerprint.ts';
import { checkStageName } from '../stage-name.ts';
import { readStageSettings, settingsFileOf } from '../stage-settings.ts';

export const usage = `npm run remove -- --stage NAME [--settings FILE | --region REGION] [--buckets] [--yes]

Removes a stage: stops its executions, training and transform jobs, deletes its endpoints with all configurations and models, its
training jobs, its groups in the model registry, its alarms, its stack and its log groups. Without --yes it prints what it
would delete, and ends. Run it again after a failure: it goes on where it ended.

  --stage NAME     only names that begin with graft-NAME- are touched
  --settings FILE  where the region stands (default: stages/NAME.yml)
  --region REGION  when the file is lost
  --buckets        delete the three buckets too, with every version of models, data and reports
  --yes            really delete`;

export interface Removal {
  stage: string;
  region: string;
  /** The stage's account, if its settings name one. */
  account?: string | undefined;
  buckets: boolean;
  yes: boolean;
}

/** @returns undefined for `--help` */
export async function readArguments(args: readonly string[]): Promise<Removal | undefined> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string' },
      settings: { type: 'string' },
      region: { type: 'string' },
      buckets: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const stage = checkStageName(values.stage, 'npm run remove -- --stage dev');
  const place = await placeOf(stage, values.settings, values.region);
  return { stage, ...place, buckets: values.buckets, yes: values.yes };
}

async function placeOf(stage: string, named: string | undefined, region: string | undefined) {
  const file = named ?? settingsFileOf(stage);
  if (!existsSync(resolve(repository, file)) && named === undefined) {
    if (region !== undefined) return { region };
    throw new InvalidInputError(`There is no ${file}, so nothing says in which region stage ${stage} is`, {
      hint: `Name it: npm run remove -- --stage ${stage} --region eu-central-1`,
    });
  }
  const settings = await readStageSettings(file);
  if (region !== undefined && region !== settings.region) {
    throw new InvalidInputError(`${file} says ${settings.region}, --region ${region}`, {
      hint: 'A stage lives in one region: leave --region out.',
    });
  }
  return { region: settings.region, account: settings.account };
}
