import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerOptions } from '../container.ts';

/**
 * A small container that keeps SageMaker's contract. The hyperparameter `do` chooses what `train` does, the
 * model's `behaviour.json` what `serve` does.
 */
const TRAIN = `
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const root = process.env.SAGEMAKER_BASE_DIR;
const config = (name) => JSON.parse(readFileSync(join(root, 'input/config', name + '.json'), 'utf8'));
const parameters = config('hyperparameters');
const list = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(folder.length + 1)).sort();
const channels = Object.fromEntries(Object.keys(config('inputdataconfig'))
  .map((name) => [name, list(join(root, 'input/data', name))]));
const seen = { parameters, channels, inputs: config('inputdataconfig'), resources: config('resourceconfig'), environment: process.env };
writeFileSync(join(root, 'output/data/seen.json'), JSON.stringify(seen));
writeFileSync(join(root, 'model/weights.bin'), 'half');
console.log('accuracy=0.1;');
console.error('accuracy=0.7;');
switch (parameters.do) {
  case 'fail':
    writeFileSync(join(root, 'output/failure'), 'The images are upside down ' + 'x'.repeat(2000));
    process.exit(3);
  case 'wait':
    console.log('waiting');
    process.on('SIGTERM', () => { writeFileSync(join(root, 'model/weights.bin'), 'saved on SIGTERM'); process.exit(143); });
    setInterval(() => {}, 1000);
    break;
  case 'hang':
    process.on('SIGTERM', () => console.log('ignored'));
    console.log('hanging');
    setInterval(() => {}, 1000);
    break;
  case 'checkpoint': {
    const folder = join(root, 'checkpoints');
    writeFileSync(join(root, 'output/data/found.json'), JSON.stringify(list(folder)));
    if (existsSync(join(folder, 'half'))) {
      rmSync(join(folder, 'half'));
      writeFileSync(join(folder, 'whole'), 'done');
      break;
    }
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep/first'), 'one');
    process.on('SIGTERM', () => { writeFileSync(join(folder, 'half'), 'saved on SIGTERM'); process.exit(143); });
    console.log('waiting');
    setInterval(() => {}, 1000);
    break;
  }
  default:
    mkdirSync(join(root, 'model/code'));
    writeFileSync(join(root, 'model/code/a.txt'), 'a');
    writeFileSync(join(root, 'model/weights.bin'), 'whole');
}
`;

const SERVE = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
if (process.env.SAGEMAKER_MULTI_MODEL === 'true') {
  const models = new Map();
  createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const [, , name, what] = request.url.split('/');
    const answer = (status, value = {}) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/ping') return answer(200);
    if (request.method === 'POST' && name === undefined) {
      const { model_name, url } = JSON.parse(body);
      const behaviour = JSON.parse(readFileSync(join(url, 'behaviour.json'), 'utf8'));
      if (behaviour.deadly) process.exit(1);
      if (behaviour.broken) return answer(500, { detail: 'broken' });
      if (models.size === 2) return answer(507);
      models.set(model_name, behaviour);
      return answer(200);
    }
    if (!models.has(name)) return answer(404);
    if (request.method === 'DELETE') { models.delete(name); return answer(200); }
    if (body === 'die') process.exit(1);
    answer(200, { name: models.get(name).name, target: request.headers['x-amzn-sagemaker-target-model'], loaded: [...models.values()].map((one) => one.name) });
  }).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), process.env.SAGEMAKER_BIND_TO_HOST);
  process.on('SIGTERM', () => process.exit(0));
  await new Promise(() => {});
}
const behaviour = JSON.parse(readFileSync(join(process.env.SAGEMAKER_BASE_DIR, 'model/behaviour.json'), 'utf8'));
if (behaviour.exit !== undefined) { console.error('no such layer'); process.exit(behaviour.exit); }
const counted = join(process.env.SAGEMAKER_BASE_DIR, 'starts');
const starts = existsSync(counted) ? Number(readFileSync(counted, 'utf8')) + 1 : 1;
writeFileSync(counted, String(starts));
if (behaviour.failingStart === starts) process.exit(1);
const taken = join(process.env.SAGEMAKER_BASE_DIR, 'taken');
if (behaviour.portTaken && !(behaviour.portTaken === 'once' && existsSync(taken))) {
  writeFileSync(taken, '');
  await new Promise((resolve) => createServer().listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), process.env.SAGEMAKER_BIND_TO_HOST, resolve));
}
const pending = [];
const asked = new WeakSet();
createServer(async (request, response) => {
  if (behaviour.onePerConnection && asked.has(request.socket)) return request.socket.destroy();
  asked.add(request.socket);
  if (request.url === '/ping') return response.writeHead(behaviour.ping ?? 200).end();
  if (request.url === '/execution-parameters') {
    return response.writeHead(behaviour.parameters ? 200 : 404).end(JSON.stringify(behaviour.parameters ?? {}));
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'];
  if (body.toString() === 'die') process.exit(1);
  if (body.toString() === 'hold') { pending.push(response); return; }
  if (body.toString() === 'release') { for (const one of pending.splice(0)) one.end('released'); }
  if (body.toString() === 'refuse') return response.writeHead(400).end('{"detail":"no image"}');
  if (type === 'text/wrong') return response.writeHead(415).end('{"detail":"no text"}');
  if (type === 'text/broken') return response.writeHead(500).end('oops');
  if (type === 'text/large') return response.writeHead(200).end(Buffer.alloc(6_291_457));
  response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-sagemaker-custom-attributes': 'seen' });
  response.end(JSON.stringify({ name: behaviour.name, type, accept: request.headers.accept, size: body.length, bytes: body.subarray(0, 1024).toString('base64'), environment: process.env }));
}).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), process.env.SAGEMAKER_BIND_TO_HOST);
process.on('SIGTERM', () => process.exit(0));
`;

/** A folder with the programs `train.mjs` and `serve.mjs`. */
export function fakeContainer(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-aws-container-'));
  writeFileSync(join(folder, 'train.mjs'), TRAIN);
  writeFileSync(join(folder, 'serve.mjs'), SERVE);
  return folder;
}

/** The programs of such a folder. */
export const fakePrograms = (folder: string): ContainerOptions => ({
  train: [process.execPath, join(folder, 'train.mjs')],
  serve: [process.execPath, join(folder, 'serve.mjs')],
});
