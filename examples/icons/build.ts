import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { buildIconData } from './icon-data.ts';

const HELP = `Builds the demonstration's data: general images and the domains.

  tsx examples/icons/build.ts [--out .graft/data] [--seed 1]

  --out DIR        folder to build                              .graft/data
  --seed N         other seeds give other photographs           1
  --help           this text

Exit code 0: built, or already there. 1: refused or failed.`;

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join('.graft', 'data') },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InvalidInputError(`--seed "${values.seed}" is not a whole number from 0`);
  }
  const started = performance.now();
  let shown = -1;
  const { cached, images, generalClasses } = await buildIconData({
    out: values.out,
    seed,
    onProgress: (done, total) => {
      const percent = Math.floor((100 * done) / total);
      if (percent !== shown && process.stderr.isTTY)
        process.stderr.write(`\r${percent} % of ${total} images`);
      shown = percent;
    },
  });
  if (process.stderr.isTTY && !cached) process.stderr.write('\r\x1b[K');
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${values.out} (${cached ? 'already there' : `${seconds} s`})`);
  console.log(`  general   ${images.general} images of ${generalClasses} classes`);
  for (const [name, { train, test, other }] of Object.entries(images.domains)) {
    console.log(`  ${name.padEnd(9)} ${train} images to train, ${test} to test, ${other} of other things`);
  }
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
