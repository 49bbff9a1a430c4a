import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from 'local-aws/formats';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { optMl } from '../../../container/opt-ml.ts';
import { loadPredictor } from '../../../container/serve/predictor.ts';
import { failureReason } from '../../../container/train/failure.ts';
import { runTrainingJob } from '../../../container/train/training-job.ts';
import { evaluationSchema } from '../../../core/contracts/evaluation.ts';
import { servedModelSchema } from '../../../core/contracts/served-model.ts';
import { areaUnderRoc } from '../../../core/statistics.ts';
import { loadDataSet } from '../../../model/data/data-set.ts';
import { THUMBNAIL } from '../../../model/data/near-duplicates.ts';
import { evaluate } from '../../../model/evaluation/evaluate.ts';
import { RUNTIME } from '../../../model/onnx/session.ts';
import { openServedModel } from '../../../model/prediction/served-model.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { labels, makeJob, startContainer } from '../job-fixture.ts';

const METRIC_LINE =
  /^graft:step=\d+ training_accuracy=\d\.\d{4} validation_accuracy=\d\.\d{4} validation_loss=\d+\.\d{4}$/;

let master: string;
let root: string;
beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-job-master-'));
  await makeJob(master, { mode: 'transfer' });
});
afterAll(() => rm(master, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-job-'));
  await cp(master, root, { recursive: true });
  // Other processes use the common folder.
  await mkdir(join(root, 'tmp'));
  vi.stubEnv('TMPDIR', join(root, 'tmp'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  return rm(root, { recursive: true, force: true });
});

const hyperparameters = (value: object) =>
  writeFile(join(root, 'input/config/hyperparameters.json'), JSON.stringify(value));
const temporary = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('graft-'));
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const evaluation = async () =>
  evaluationSchema.parse(JSON.parse(await readFile(join(root, 'output/data/evaluation.json'), 'utf8')));

/** The job within this process. */
const runHere = () =>
  runTrainingJob({
    paths: optMl(root),
    trainingJob: 'produce-job-1',
    backend: 'wasm',
    log: pino({ level: 'silent' }),
    metric: () => {},
    signal: new AbortController().signal,
  });

async function editDomain(edit: (domain: Record<string, unknown>) => void) {
  const path = join(root, 'input/data/domain/domain.json');
  const domain = JSON.parse(await readFile(path, 'utf8'));
  edit(domain);
  await writeFile(path, JSON.stringify(domain));
}

describe('a training job', () => {
  it('saves a model and the evaluation of that very model, and prints nothing but metric lines', async () => {
    const run = await startContainer('train', root).done;

    expect(run.stderr).toContain('training done');
    expect(run.code).toBe(0);
    expect((await readdir(join(root, 'model'))).sort()).toEqual(['model.onnx', 'served-model.json']);
    expect(await exists(join(root, 'output/failure'))).toBe(false);
    const served = servedModelSchema.parse(
      JSON.parse(await readFile(join(root, 'model/served-model.json'), 'utf8')),
    );
    expect(served).toMatchObject({ labels, domain: 'produce', trainingJob: 'produce-job-1' });

    const reported = await evaluation();
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(reported.curve.length + 1);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(METRIC_LINE);
    expect(lines.at(-1)).toBe(`graft:test_accuracy=${reported.accuracy.toFixed(4)}`);
    expect(reported).toMatchObject({ mode: 'transfer', backend: RUNTIME, general: { model: 'shapes' } });
    expect(reported.rows).toHaveLength(8);
    expect(reported.latencyMs.p95).toBeGreaterThan(0);
    // Its reference is that of its graph, or it could not be opened.
    const { pool, close } = await openServedModel(join(root, 'model'), 1);
    const measured = await evaluate(pool, await loadDataSet(join(root, 'input/data/test'), THUMBNAIL));
    await close();
    expect(measured.rows).toEqual(reported.rows);
    expect(measured.accuracy).toBe(reported.accuracy);
  });

  it('measures images of none of the classes with the share that the domain keeps, and names twins', async () => {
    await makeImageFolder(join(root, 'input/data'), { labels: ['x', 'y', 'other'], perLabel: 5, seed: 9 });
    await editDomain((domain) => Object.assign(domain, { unsure: { keep: 0.5 } }));
    const twin = join(root, 'input/data/test/apple/twin.png');
    await cp(join(root, 'input/data/train/apple/0-000.png'), twin);

    const { data, rows, unsure, warnings } = await runHere();

    const others = unsure!.other!;
    expect(others.rows.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4].map((n) => `2-00${n}.png`));
    expect(others).toMatchObject({
      images: 5,
      auroc: areaUnderRoc(
        rows.map((row) => row.outOfDomain!),
        others.rows.map((row) => row.outOfDomain),
      ),
      caught: others.rows.filter((row) => row.outOfDomain > 0.5).length / 5,
    });
    expect(unsure).toMatchObject({ keep: 0.5, threshold: 0.5, heldOut: data.trainImages });
    expect(unsure!.falseAlarms).toBe(rows.filter((row) => row.outOfDomain! > 0.5).length / rows.length);
    expect(warnings).toEqual([expect.stringContaining('test/apple/twin.png looks like train/apple/')]);
  });

  it('serves a model that says of a test image what the evaluation says', async () => {
    const { rows, unsure } = await runHere();
    const predictor = await loadPredictor(join(root, 'model'), { threads: 1 });

    expect(unsure).not.toHaveProperty('other');
    for (const { id, prediction, outOfDomain } of rows) {
      const answer = await predictor.predict(await readFile(join(root, 'input/data/test', id)));
      expect(answer.predictions[0]!.label).toBe(prediction);
      expect(answer.outOfDomain).toBeCloseTo(outOfDomain!, 4);
      expect(answer.unsure).toBe(answer.outOfDomain! > 0.5);
    }
    await predictor.close();
  });

  it('scores the champion on the same test images', async () => {
    const before = await runHere();
    await packFolder(join(root, 'model'), join(root, 'input/data/champion/model.tar.gz'));
    await editDomain((domain) => Object.assign(domain, { recipe: { augmentation: 1, seed: 7, places: 1 } }));

    const { champion, championNotScored, rows } = await runHere();

    expect(championNotScored).toBeUndefined();
    expect(champion).toMatchObject({ trainingJob: 'produce-job-1', ...before.general });
    expect(champion!.accuracy).toBe(before.accuracy);
    expect(champion!.rows).toEqual(before.rows);
    expect(rows).not.toEqual(before.rows);
    expect(await temporary()).toEqual([]);
  });

  it('trains a baseline without a general model, on the same images', async () => {
    await rm(join(root, 'input/data/model'), { recursive: true });
    await editDomain((domain) => Object.assign(domain, { recipe: { augmentation: 2, baselineSteps: 100 } }));
    const general = { model: 'shapes', version: '20261123T154200Z-3f2a9c' };
    await hyperparameters({ mode: 'baseline', domain: 'produce', ...general });

    const baseline = await runHere();

    expect(await evaluation()).toEqual(baseline);
    expect(baseline).toMatchObject({ mode: 'baseline', backend: 'wasm', general, unsure: { heldOut: 10 } });
    expect(baseline).not.toHaveProperty('choices');
    expect(baseline.steps).toBe(2 * 100);
    expect(baseline.rows).toHaveLength(8);
    expect(baseline.accuracy).toBeGreaterThan(0.7);
    const { served, pool, close } = await openServedModel(join(root, 'model'), 1);
    expect(served).toMatchObject({ general, input: { height: 32, width: 32 } });
    expect(pool.outputNames).toEqual(['probabilities', 'out_of_domain']);
    await close();
    expect(await temporary()).toEqual([]);
  });

  it('stops on SIGTERM at once, says how far it came, and leaves nothing that looks finished', async () => {
    const general = { model: 'shapes', version: '20261123T154200Z-3f2a9c' };
    await hyperparameters({ mode: 'baseline', domain: 'produce', ...general });
    const { child, done, says } = startContainer('train', root);
    await says('graft:step=');
    const stoppedAt = performance.now();

    child.kill('SIGTERM');
    const run = await done;

    expect(run.code).toBe(143);
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(await readFile(join(root, 'output/failure'), 'utf8')).toMatch(
      /stopped \(SIGTERM\) after step \d+/,
    );
    expect(
      JSON.parse(await readFile(join(root, 'output/data/stopped.json'), 'utf8')).curve.length,
    ).toBeGreaterThan(0);
    expect(await exists(join(root, 'output/data/evaluation.json'))).toBe(false);
    expect(await exists(join(root, 'model/model.onnx'))).toBe(false);
  });
});

describe('a training job that fails', () => {
  it('writes the reason to the failure file and ends with 1', async () => {
    await hyperparameters({ mode: 'magic', domain: 'produce' });

    const run = await startContainer('train', root).done;

    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(await readFile(join(root, 'output/failure'), 'utf8')).toMatch(
      /^hyperparameters\.json is not valid: mode: [\s\S]*hint: Set HyperParameters/,
    );
  });
});

describe('a training job fails, and leaves nothing that looks finished, with', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an unknown hyperparameter',
      () => hyperparameters({ mode: 'transfer', domain: 'produce', epochs: '5' }),
      /epochs/,
    ],
    [
      "another domain's data",
      () => hyperparameters({ mode: 'transfer', domain: 'cars' }),
      /for domain "cars", but its domain\.json is of "produce"/,
    ],
    [
      'a missing channel',
      () => rm(join(root, 'input/data/domain'), { recursive: true }),
      /domain\.json \(channel "domain"\) cannot be read/,
    ],
    [
      'an unknown field in domain.json',
      () => editDomain((domain) => Object.assign(domain, { colour: 'red' })),
      /colour/,
    ],
    [
      'a changed byte in the general model',
      async () => {
        const path = join(root, 'input/data/model/model.onnx');
        const bytes = await readFile(path);
        bytes[10]! ^= 1;
        await writeFile(path, bytes);
      },
      /model\.onnx .* is not the file that the manifest of shapes .* lists: its content has changed/,
    ],
    [
      'a missing file of the general model',
      () => rm(join(root, 'input/data/model/model.onnx')),
      /has no model\.onnx, which its manifest lists/,
    ],
    [
      'labels and folders that disagree',
      () => rename(join(root, 'input/data/train/pear'), join(root, 'input/data/train/plum')),
      /pear|plum/,
    ],
    [
      'labels below other',
      () => makeImageFolder(join(root, 'input/data/other'), { labels: ['plum'], perLabel: 1 }),
      /other" has a folder of its own, "plum"/,
    ],
    [
      'a general model whose features are others than its manifest says',
      async () => {
        const path = join(root, 'input/data/model/manifest.json');
        const manifest = JSON.parse(await readFile(path, 'utf8'));
        manifest.features[0].reference[1][0] += 1;
        await writeFile(path, JSON.stringify(manifest));
      },
      /features "map" of shapes .* differ on this machine/,
    ],
    [
      'a class without images',
      async () => {
        for (const n of [0, 1, 2, 3, 4]) await rm(join(root, `input/data/train/pear/1-00${n}.png`));
      },
      /"pear".* has no images/,
    ],
  ])('%s', async (_what, spoil, reason) => {
    await spoil();

    const error = await runHere().then(
      () => new Error('it did not fail'),
      (thrown: unknown) => thrown,
    );

    expect(failureReason(error)).toMatch(reason);
    expect(await exists(join(root, 'model/model.onnx'))).toBe(false);
    expect(await exists(join(root, 'output/data/evaluation.json'))).toBe(false);
    expect(await temporary()).toEqual([]);
  });
});
