import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendInfo, useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { versionOf } from '#model/tensorflow/native.ts';
import { lookForWebgpu } from '#model/tensorflow/webgpu/start.ts';
import { compareNetwork } from './compare.ts';
import { FULL, SHORT } from './plan.ts';
import { measureRate } from './rate.ts';

/**
 * The program of `npm run check:gpu`: writes one JSON to standard output, and what it does meanwhile to
 * standard error. It ends with 1 when a GPU trains otherwise than WebAssembly, and with 2 when there is none.
 */
const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    software: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const usage = `node check-gpu.mjs [--short] [--software] [--seconds N] > result.json

  --short      one network, some steps
  --software   a driver that computes on the processor counts as a GPU
  --seconds N  for each speed, default 10`;

const tell = (text: string) => console.error(text);

if (values.help) console.log(usage);
else {
  const report = await check(values.short ? SHORT : FULL, Number(values.seconds));
  console.log(JSON.stringify(report, null, 2));
  process.exitCode = report.gpus === 0 ? 2 : report.ok ? 0 : 1;
}

async function check(plan: typeof FULL, seconds: number) {
  if (!(seconds > 0)) throw new Error(`--seconds is "${values.seconds}", not a number above 0`);
  const found = await findBackends();
  const results = [];
  for (const { name } of found.filter(({ isUsed }) => isUsed)) {
    tell(`${name}: comparing training steps with WebAssembly`);
    const comparisons = [];
    for (const training of plan.comparisons) {
      const comparison = await compareNetwork(name, training);
      tell(`  ${training.network}: ${JSON.stringify(comparison)}`);
      comparisons.push(comparison);
    }
    results.push({ backend: name, comparisons, rates: await ratesOn(name, plan, seconds) });
  }
  tell('wasm: measuring, for comparison');
  const wasm = {
    backend: 'wasm',
    rates: await ratesOn('wasm', { ...plan, rates: plan.rates.slice(0, 1) }, seconds),
  };
  return {
    ok: results.every(({ comparisons }) => comparisons.every(({ isSame }) => isSame)),
    gpus: results.length,
    at: new Date().toISOString(),
    machine: {
      ...{ platform: process.platform, architecture: process.arch, node: process.version },
      ...{ processor: cpus()[0]?.model.trim(), cores: cpus().length, memoryBytes: totalmem() },
    },
    versions: {
      webgpu: versionOf('webgpu'),
      tfjs: versionOf('@tensorflow/tfjs-core'),
      tfjsWebgpu: versionOf('@tensorflow/tfjs-backend-webgpu'),
    },
    found,
    results: [...results, wasm],
  };
}

/** GPUs through WebGPU, and through a TensorFlow that is installed beside this folder. */
async function findBackends() {
  const webgpu = await lookForWebgpu('packages');
  const facts = webgpu.state === 'found' ? webgpu.facts : undefined;
  const cuda: BackendInfo | string = await useBackend('tensorflow-gpu').catch(
    (error: Error) => error.message,
  );
  return [
    {
      name: 'webgpu' as BackendName,
      isUsed: facts !== undefined && (!facts.isSoftware || values.software),
      ...(webgpu.state === 'found' ? { adapter: facts } : { reason: webgpu.reason }),
      ...('hint' in webgpu ? { hint: webgpu.hint } : {}),
    },
    {
      name: 'tensorflow-gpu' as BackendName,
      isUsed: typeof cuda !== 'string',
      ...(typeof cuda === 'string' ? { reason: cuda } : { device: cuda.device, version: cuda.version }),
    },
  ];
}

async function ratesOn(backend: BackendName, { rates }: Pick<typeof FULL, 'rates'>, seconds: number) {
  const measured = [];
  for (const what of rates) {
    await useBackend(backend);
    const rate = await measureRate(what, seconds);
    tell(`  ${what.network}, ${what.size} px, batches of ${what.batch}: ${JSON.stringify(rate)}`);
    measured.push({ ...what, ...rate, tensorsLeft: tf.memory().numTensors });
  }
  return measured;
}
