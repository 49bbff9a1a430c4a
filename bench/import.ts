import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeError } from '#core/errors.ts';
import { type Measured, measureImport } from './import/measure.ts';
import {
  kerasNetworks,
  layersModels,
  type Network,
  type NetworkFiles,
  storedNetworks,
  timmNetworks,
} from './import/networks.ts';
import { runInChild } from './shared/child-process.ts';

const HELP = `npm run bench:import -- [--only NAME] [--data DIR] [--python python3] [--json]

Imports networks as \`graft import\` does, and compares their features with those that the program computes which made them. Each is
made and measured in a process of its own. The networks of Keras and timm have random weights and need Python with keras and tensorflow, or timm, onnx and onnxscript.

  --only NAME      networks whose name begins so
  --data DIR       folder with onnx/; otherwise GRAFT_DATA, or ../shared/data
  --python FILE    interpreter that makes networks                          python3
  --json           last line: {"rows": [{name, source, features, difference, importSeconds, millisecondsPerImage, takesBatches}], "skipped"}

difference: largest difference to the reference as a share of its largest value; 1e-4 is allowed, more ends with code 1.`;

const ALLOWED = 1e-4;

type Row = Measured & Pick<Network, 'name' | 'source'>;

/** @returns a reason, when it could not be made or measured */
async function measureInChild(network: Network): Promise<Row | string> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-bench-import-'));
  try {
    const files = network.files ?? (await runInChild<NetworkFiles>(network.make!(folder)));
    if (typeof files === 'string') return files;
    const words = ['model', 'input', 'features'].flatMap((part) => [
      `--${part}`,
      network.files ? files[part as keyof NetworkFiles] : join(folder, files[part as keyof NetworkFiles]),
    ]);
    const measured = await runInChild<Measured>({
      command: process.execPath,
      args: [...process.execArgv, fileURLToPath(import.meta.url), ...words],
    });
    return typeof measured === 'string'
      ? measured
      : { name: network.name, source: network.source, ...measured };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      data: { type: 'string', default: process.env.GRAFT_DATA ?? join('..', 'shared', 'data') },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      model: { type: 'string' },
      input: { type: 'string', default: '' },
      features: { type: 'string', default: '' },
    },
  });
  if (values.help) return console.log(HELP);
  const { model, input, features, data, python, only } = values;
  if (model !== undefined) {
    return console.log(JSON.stringify(await measureImport({ model, input, features })));
  }
  const networks = [
    ...storedNetworks(data),
    ...layersModels(data),
    ...kerasNetworks(python),
    ...timmNetworks(python),
  ];
  const rows: Row[] = [];
  const skipped: { name: string; source: string; reason: string }[] = [];
  for (const network of networks.filter(({ name }) => name.startsWith(only))) {
    const { name, source } = network;
    const row = await measureInChild(network);
    if (typeof row === 'string') {
      skipped.push({ name, source, reason: row });
      console.log(`${name.padEnd(24)} ${source.padEnd(18)} skipped: ${row}`);
      continue;
    }
    rows.push(row);
    const { difference, importSeconds, millisecondsPerImage, takesBatches } = row;
    console.log(
      `${name.padEnd(24)} ${source.padEnd(18)} difference ${difference.toExponential(1)}  ${importSeconds.toFixed(1)} s  ${millisecondsPerImage.toFixed(1)} ms an image  ${row.features}${takesBatches ? '' : ', one by one'}`,
    );
  }
  const wrong = rows.filter(({ difference }) => !(difference <= ALLOWED));
  if (wrong.length > 0) {
    console.log(
      `More than ${ALLOWED} away: ${wrong.map(({ name, source }) => `${name} (${source})`).join(', ')}`,
    );
    process.exitCode = 1;
  }
  if (values.json) console.log(JSON.stringify({ rows, skipped }));
}

await main().catch((error) => {
  // In one line, because the parent quotes the last one.
  console.error(describeError(error).split('\n').join(' '));
  process.exitCode = 1;
});
