import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A container that keeps our contract and learns nothing: what comes out depends on the domain's name, so
 * that one execution can meet every ending. The real one is tested end to end.
 */
const TRAIN = `
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const root = process.env.GRAFT_OPT_ML;
const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const { mode, ...named } = read('input/config/hyperparameters.json');
const { domain, labels } = read('input/data/domain/domain.json');
if (domain === 'broken' && mode === 'transfer') {
  writeFileSync(join(root, 'output/failure'), 'apple/0.png is no image');
  process.exit(1);
}
const good = mode === 'transfer' && domain !== 'poor';
const test = join(root, 'input/data/test');
const rows = labels.flatMap((truth, index) => readdirSync(join(test, truth)).sort().map((file, n) => ({
  id: truth + '/' + file, truth, confidence: 0.9, prediction: good || n % 2 ? truth : labels[1 - index],
})));
const right = rows.filter((row) => row.truth === row.prediction).length;
const accuracy = right / rows.length;
const { model, version } = mode === 'baseline' ? named : read('input/data/model/manifest.json');
const general = { model, version };
const archive = join(root, 'input/data/champion/model.tar.gz');
let champion;
if (existsSync(archive)) {
  const live = JSON.parse(execFileSync('tar', ['-xzOf', archive, 'served.json'], { encoding: 'utf8' }));
  const answers = rows.map((row) => ({ ...row, prediction: live.knows[readFileSync(join(test, row.id), 'utf8')] }));
  const share = answers.filter((row) => row.truth === row.prediction).length / rows.length;
  champion = { trainingJob: live.trainingJob, ...live.general, accuracy: share, interval: { lower: 0, upper: 1 },
    recall: Object.fromEntries(labels.map((label) => [label, share])), rows: answers };
}
writeFileSync(join(root, 'output/data/evaluation.json'), JSON.stringify({
  schemaVersion: 1, champion, mode, domain, general, labels, accuracy, rows,
  data: { trainDigest: '0'.repeat(64), testDigest: '0'.repeat(64), trainImages: 4, testImages: rows.length, damaged: [] },
  interval: { lower: 0, upper: 1 }, recall: Object.fromEntries(labels.map((label) => [label, accuracy])),
  confusion: [[1, 0], [0, 1]], curve: [], bestStep: 0, steps: 1, latencyMs: { p50: 1, p95: 1 }, seconds: 1, seed: 1, backend: 'none',
}));
const knows = Object.fromEntries(rows.map((row) => [readFileSync(join(test, row.id), 'utf8'), row.prediction]));
writeFileSync(join(root, 'model/served.json'), JSON.stringify({ domain, labels, general, knows, trainingJob: process.env.TRAINING_JOB_NAME }));
`;

const SERVE = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
const read = (folder) => JSON.parse(readFileSync(join(folder, 'served.json'), 'utf8'));
const many = process.env.SAGEMAKER_MULTI_MODEL === 'true';
const models = new Map(many ? [] : [['', read(join(process.env.GRAFT_OPT_ML, 'model'))]]);
if (models.get('')?.domain === 'crasher') { console.error('no such layer'); process.exit(1); }
createServer(async (request, response) => {
  if (request.url === '/ping') return response.writeHead(200).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [, , name = ''] = request.url.split('/');
  if (many && request.url === '/models') {
    const { model_name, url } = JSON.parse(Buffer.concat(chunks).toString());
    models.set(model_name, read(url));
    return response.writeHead(200).end('{}');
  }
  const { domain, labels, general, knows, trainingJob } = models.get(name);
  const lies = domain === 'liar' || (domain === 'turncoat' && general.version > '20261110');
  if (domain === 'fragile' && general.version > '20261110') return response.writeHead(500).end('out of memory');
  if (domain === 'timid') {
    const said = general.version > '20261110' ? 0.3 : 0.9;
    console.log(JSON.stringify({ TrainingJob: trainingJob, Confidence: [said], _aws: { Timestamp: Date.now(), CloudWatchMetrics: [
      { Namespace: 'Graft/Endpoints', Dimensions: [['TrainingJob']], Metrics: [{ Name: 'Confidence', Unit: 'None' }] }] } }));
  }
  const known = knows[Buffer.concat(chunks).toString()];
  const top = lies ? labels.find((label) => label !== known) : known;
  const predictions = labels.map((label) => ({ label, probability: label === top ? 0.9 : 0.1 }))
    .sort((a, b) => b.probability - a.probability);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ predictions, domain, general, trainingJob: 'job' }));
}).listen(Number(process.env.GRAFT_PORT), process.env.GRAFT_HOST, () => {
  // For the benchmark of orchestration, which is not about how long a container takes to come up.
  console.log(JSON.stringify({ started: performance.timeOrigin, listening: Date.now() }));
});
process.on('SIGTERM', () => process.exit(0));
`;

/** A folder with the bundles `train.mjs` and `serve.mjs`. */
export function scriptedContainer(): string {
  const folder = mkdtempSync(join(tmpdir(), 'graft-scripted-'));
  writeFileSync(join(folder, 'train.mjs'), TRAIN);
  writeFileSync(join(folder, 'serve.mjs'), SERVE);
  return folder;
}
