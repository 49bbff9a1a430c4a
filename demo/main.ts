import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createScreen } from './screen.ts';

// The SDK's versions are pinned, so its notice about later versions of Node.js does not matter here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const usage = `npm start -- [--once] [--json] [--port 4566] [--max-train-seconds 120] [--seed 1]

The whole path on this machine: a general image model is trained and dropped into a local S3, the event promotes it to the
domain "produce", and the REST API answers for images that no training ever saw. The console shows it in the browser, at an
address that is printed. Stays up until Ctrl-C.

  --once                  end after the first answer; exit code 0 only if all of it succeeded
  --json                  last line of standard output: one JSON object with the figures
  --port N                port of the local AWS
  --max-train-seconds N   time for training the general model
  --seed N                other data, other weights`;

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidInputError(`--${name} "${text}" is not a whole number from ${least} to ${most}`);
  }
  return value;
}

try {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      port: { type: 'string', default: '4566' },
      'max-train-seconds': { type: 'string', default: '120' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
  } else {
    const screen = createScreen(values.json ? process.stderr : process.stdout);
    screen.line(`${screen.paint('heading', 'Graft')}: packaging the stack, drawing the images`);
    // Loaded after the first line is shown, since loading takes a second or two.
    const { runDemonstration } = await import('./demonstration.ts');
    process.exitCode = await runDemonstration(
      {
        once: values.once,
        json: values.json,
        port: wholeNumber('port', values.port, 0, 65_535),
        maxTrainSeconds: wholeNumber('max-train-seconds', values['max-train-seconds'], 5, 86_400),
        seed: wholeNumber('seed', values.seed, 0, 2 ** 31),
      },
      screen,
    );
  }
} catch (error) {
  console.error(describeError(error));
  const code = (error as NodeJS.ErrnoException).code;
  process.exitCode = error instanceof InvalidInputError || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
