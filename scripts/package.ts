import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from '#core/errors.ts';
import { repository } from './fingerprint.ts';
import { packageStack } from './package-stack.ts';
import { stageEnvironment } from './serverless-environment.ts';
import { checkStageName } from './stage-name.ts';
import { readStageSettings, refuseOtherVariables, settingsFileOf } from './stage-settings.ts';
import { isWrongUsage } from './wrong-usage.ts';

const usage = `npm run package -- [--stage dev] [--settings FILE]

Builds the container's bundles and .serverless/ (the CloudFormation template and one archive per function) from the
stage's settings. No network, no credentials.

  --settings FILE  default: stages/NAME.yml; when there is none, a stack with default settings to look at`;

/** The region of a stack without settings. */
const defaultRegion = 'eu-central-1';

try {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'dev' },
      settings: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else await run(checkStageName(values.stage, 'npm run package -- --stage dev'), values.settings);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = isWrongUsage(error) ? 2 : 1;
}

async function run(stage: string, file: string | undefined): Promise<void> {
  const given = await settingsFor(stage, file);
  const { template, imageTag } = await packageStack({ stage, out: '.serverless', ...given });
  console.log(`Packaged ${template} (image tag ${imageTag})`);
}

async function settingsFor(stage: string, named: string | undefined) {
  const file = named ?? settingsFileOf(stage);
  if (named === undefined && !existsSync(resolve(repository, file))) {
    console.log(`There is no ${file}: this stack has default settings, and trusts no signing key.`);
    return { region: defaultRegion, environment: {} };
  }
  const settings = await readStageSettings(file);
  refuseOtherVariables(settings, process.env, file);
  return { region: settings.region, environment: stageEnvironment(stage, settings) };
}
