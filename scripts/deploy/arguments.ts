import { parseArgs } from 'node:util';
import { InvalidInputError } from '#core/errors.ts';
import { checkStageName } from '../stage-name.ts';
import {
  readStageSettings,
  refuseOtherVariables,
  type StageSettings,
  settingsFileOf,
} from '../stage-settings.ts';

export const usage = `npm run deploy -- --stage NAME [--settings FILE] [--force-image | --no-build] [--import-buckets] [--while-running] [--dry-run]

Packages the stack, builds and pushes the container image, deploys. Needs AWS credentials (the standard chain), a
Docker engine, and the stage's settings (cp stages/example.yml stages/NAME.yml). docs/deploy.md has the whole story.

  --stage NAME     one deployment of Graft in the account, for instance dev or prod
  --settings FILE  default: stages/NAME.yml
  --force-image    build the image again, although the repository has one of the same content
  --no-build       do without Docker: the image was copied, or will be
  --import-buckets go on with the buckets that a removed stack of this name has left
  --while-running  deploy although promotions are under way, which go on with the new functions
  --dry-run        print the settings and every step, and change nothing`;

/** A deployment: the stage and its settings. */
export interface Target {
  stage: string;
  region: string;
  settings: StageSettings;
  /** Where the settings come from, for messages. */
  settingsFile: string;
  /** Whether an image may be built here. */
  build: boolean;
  /** Build another image of the same content. */
  forceImage: boolean;
  /** Import the buckets that an earlier deployment has left. */
  importBuckets: boolean;
  /** Deploy although promotions are running. */
  whileRunning: boolean;
  dryRun: boolean;
}

/**
 * @returns undefined for `--help`
 * @throws InvalidInputError before anything is built or asked of AWS
 */
export async function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Target | undefined> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string' },
      settings: { type: 'string' },
      'force-image': { type: 'boolean', default: false },
      'import-buckets': { type: 'boolean', default: false },
      'while-running': { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const stage = checkStageName(values.stage, 'npm run deploy -- --stage dev');
  if (values['force-image'] && values['no-build']) {
    throw new InvalidInputError('--force-image builds an image, --no-build builds none', {
      hint: 'Leave out one of them.',
    });
  }
  const settingsFile = values.settings ?? settingsFileOf(stage);
  const settings = await readStageSettings(settingsFile);
  refuseOtherVariables(settings, environment, settingsFile);
  return {
    stage,
    region: settings.region,
    settings,
    settingsFile,
    build: !values['no-build'],
    forceImage: values['force-image'],
    importBuckets: values['import-buckets'],
    whileRunning: values['while-running'],
    dryRun: values['dry-run'],
  };
}
