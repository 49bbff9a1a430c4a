import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '#core/errors.ts';
import { findStack } from './find-stack.ts';
import { findIdentity } from './identity.ts';
import { runServerless } from './package-stack.ts';
import { type Removal, readArguments, usage } from './remove/arguments.ts';
import { clientsOf } from './remove/clients.ts';
import { removeStage } from './remove/remove.ts';
import { placeEnvironment } from './serverless-environment.ts';
import { isWrongUsage } from './wrong-usage.ts';

// The SDK's versions are pinned, so its notice about later versions of Node.js does not matter here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** How long to wait for AWS. An endpoint's rollout takes an hour or two, most changes take minutes. */
const patience = { sleep: (milliseconds: number) => sleep(milliseconds), interval: 10_000, looks: 720 };

/** `npm run remove`. Exit code 2 for wrong usage, 1 for a failure. */
try {
  const removal = await readArguments(process.argv.slice(2));
  if (removal === undefined) console.log(usage);
  else await run(removal);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = isWrongUsage(error) ? 2 : 1;
}

async function run(removal: Removal): Promise<void> {
  const { stage, region } = removal;
  const identity = await findIdentity(removal);
  console.log(
    `Account  ${identity.account} (${identity.arn})\nRegion   ${region}\nStage    ${stage} (stack graft-${stage})\n`,
  );
  await removeStage(removal, {
    clients: clientsOf(region),
    account: identity.account,
    patience,
    stackExists: async () => (await findStack(stage, region)) !== undefined,
    removeStack: () =>
      runServerless(
        ['remove', '--stage', stage, '--region', region],
        placeEnvironment(stage, region),
        'inherit',
      ),
    print: (line) => console.log(line),
  });
}
