/** What serving cannot do without: decoding and inference, one image after another, in one thread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { decodeImage } from '#model/data/image.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { openSession } from '#model/onnx/session.ts';
import { readServedModel } from '#model/prediction/served-model.ts';
import { answerCommands } from './helper.ts';

export interface BareCommand {
  seconds: number;
}
export interface BareResult {
  perSecond: number;
  /** Milliseconds of processor time that an image took. */
  processorMs: number;
}

const [folder, file] = process.argv.slice(2) as [string, string];
const { input } = await readServedModel(folder);
const session = await openSession(join(folder, MODEL_FILE));
const image = await readFile(file);

async function once() {
  const data = prepare(await decodeImage(image, input), input);
  await session.run({ [input.name]: { dims: shapeOf(input, 1), data } });
}

for (let i = 0; i < 5; i++) await once();
await answerCommands<BareCommand>(async ({ seconds }) => {
  const started = performance.now();
  const processor = process.cpuUsage();
  let done = 0;
  let elapsed = 0;
  while (elapsed < seconds) {
    await once();
    done++;
    elapsed = (performance.now() - started) / 1000;
  }
  const { user, system } = process.cpuUsage(processor);
  return { perSecond: done / elapsed, processorMs: (user + system) / 1000 / done } satisfies BareResult;
});
