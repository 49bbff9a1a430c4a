import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedCalibrationError } from '#core/calibration.ts';
import type { DomainInput } from '#core/contracts/domain.ts';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import { mcnemarExact } from '#core/statistics.ts';
import { graft } from '../demo/agent.ts';
import { buildContainer } from '../scripts/build-container.ts';
import { type MeasuredJob, type Photographs, runTrainingJob } from './real/training-job.ts';
import { dataFolder, labelsIn, missingData, unpacked } from './shared/photographs.ts';

const HELP = `npm run bench:real -- [--images 1,5,20,100] [--draws 4] [--sets clothing,cifar10] [--no-baseline] [--json]

The whole training job (the container's own train) on real photographs with an ImageNet MobileNet as the general model, beside a
plain logistic regression on one place of the same map (probe) and the baseline. Test images are untouched: everything is chosen
by validation.

  --images K,…    training images of each class                                        1,5,20,100
  --draws N       disjoint draws of the training images, for up to 20 of each class    4
  --sets NAME,…   clothing (10 classes, 372 test images) and cifar10 (10 classes, enlarged from 32 × 32, 500 test images)
  --no-baseline   leaves the baseline out
  --json          last line {rows, aurocOther, aurocHeldOut, second}

It needs clothing.zip, cifar10.zip and mobilenet-v1-imagenet/ in ../shared/data, or in the folder that GRAFT_DATA names.`;

/** Plain: one place, images stretched, no variants, one strength. */
const PROBE: DomainInput['recipe'] = {
  ...{ places: 1, resize: 'stretch', augmentation: 1, regularisation: 0.3, folds: 1, calibration: false },
};
const TEST_PER_LABEL = { clothing: 1_000, cifar10: 50 } as const;
/** With more images than this of each class there is one draw. */
const MOST_DRAWN = 20;

type SetName = keyof typeof TEST_PER_LABEL;

interface Row {
  k: number;
  draws: number;
  accuracy: number;
  probe: number;
  baselineAccuracy?: number;
  /** One-sided exact McNemar test over all draws: that the probe is better. */
  probeBetterP: number;
  ece: number;
  eceUncalibrated: number;
  aurocOther: number;
  seconds: number;
  peakMb: number;
  chosen: string[];
}

const { values: args } = parseArgs({
  options: {
    images: { type: 'string', default: '1,5,20,100' },
    draws: { type: 'string', default: '4' },
    sets: { type: 'string', default: 'clothing,cifar10' },
    'no-baseline': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function main(): Promise<void> {
  if (args.help) return console.log(HELP);
  const why = missingData(['clothing.zip', 'cifar10.zip', 'mobilenet-v1-imagenet']);
  if (why !== undefined) return console.log(`Skipped: ${why}`);
  await buildContainer();
  const work = await mkdtemp(join(tmpdir(), 'graft-bench-real-'));
  try {
    const general = join(work, 'general');
    const source = join(dataFolder(), 'mobilenet-v1-imagenet');
    const options = ['--out', general, '--name', 'mobilenet', '--preset', 'keras-tf'];
    await graft(['import', source, ...options], process.env);
    const folders = {
      clothing: join(await unpacked('clothing.zip'), 'clothing'),
      cifar10: await unpacked('cifar10.zip'),
    };
    const sets = args.sets.split(',') as SetName[];
    const rows: Partial<Record<SetName, Row[]>> = {};
    for (const set of sets) rows[set] = await measureSet(set, folders, general);
    const heldOut = sets.includes('clothing')
      ? await measureHeldOutClasses(folders.clothing, general)
      : undefined;
    if (heldOut !== undefined) {
      console.log(
        `\nUnsure, against five classes of clothing that were left out: AUROC ${heldOut.toFixed(3)}`,
      );
    }
    if (!args.json) return;
    const clothing = rows.clothing ?? [];
    const other = clothing.find(({ k }) => k === 20) ?? clothing.at(-1);
    console.log(
      JSON.stringify({
        rows: clothing.map(asResult),
        aurocOther: other?.aurocOther,
        aurocHeldOut: heldOut,
        second: { set: 'cifar10', rows: rows.cifar10?.map(asResult) },
      }),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const asResult = ({ baselineAccuracy, ...row }: Row) => ({ ...row, baseline: baselineAccuracy });

async function measureSet(set: SetName, folders: Record<SetName, string>, general: string): Promise<Row[]> {
  const labels = await labelsIn(join(folders[set], 'train'));
  const otherSet = set === 'clothing' ? 'cifar10' : 'clothing';
  const other = {
    folder: join(folders[otherSet], 'test'),
    labels: await labelsIn(join(folders[otherSet], 'test')),
    perLabel: 30,
  };
  console.log(`\n${set}: ${labels.length} classes`);
  console.log('    k  accuracy   probe  baseline     ECE (before)  AUROC other  seconds   peak MB  chosen');
  const rows: Row[] = [];
  for (const k of args.images.split(',').map(Number)) {
    const draws = k > MOST_DRAWN ? 1 : Number(args.draws);
    const jobs: { own: MeasuredJob; probe: MeasuredJob }[] = [];
    let baseline: MeasuredJob | undefined;
    for (let draw = 0; draw < draws; draw++) {
      const photographs: Photographs = {
        folder: folders[set],
        labels,
        from: draw * k,
        to: (draw + 1) * k,
        testPerLabel: TEST_PER_LABEL[set],
      };
      const own = await runTrainingJob({ mode: 'transfer', general, photographs: { ...photographs, other } });
      const probe = await runTrainingJob({ mode: 'transfer', general, photographs, recipe: PROBE });
      jobs.push({ own, probe });
      if (!args['no-baseline']) baseline ??= await runTrainingJob({ mode: 'baseline', general, photographs });
    }
    const row = rowOf(k, jobs, baseline);
    rows.push(row);
    printRow(row);
  }
  return rows;
}

function rowOf(
  k: number,
  jobs: readonly { own: MeasuredJob; probe: MeasuredJob }[],
  baseline: MeasuredJob | undefined,
): Row {
  const own = jobs.map((job) => job.own);
  let [better, worse] = [0, 0];
  for (const job of jobs) {
    for (const [i, row] of job.own.evaluation.rows.entries()) {
      const ours = row.prediction === row.truth;
      const theirs = isRight(job.probe.evaluation, i);
      if (ours && !theirs) better++;
      if (theirs && !ours) worse++;
    }
  }
  const calibration = own.map(({ evaluation }) => calibrationOf(evaluation));
  return {
    k,
    draws: jobs.length,
    accuracy: mean(own.map(({ evaluation }) => evaluation.accuracy)),
    probe: mean(jobs.map(({ probe }) => probe.evaluation.accuracy)),
    ...(baseline ? { baselineAccuracy: baseline.evaluation.accuracy } : {}),
    probeBetterP: mcnemarExact(worse, better),
    ece: mean(calibration.map(({ after }) => after)),
    eceUncalibrated: mean(calibration.map(({ before }) => before)),
    aurocOther: mean(own.map(({ evaluation }) => evaluation.unsure!.other!.auroc)),
    seconds: mean(own.map(({ seconds }) => seconds)),
    peakMb: Math.max(...own.map(({ peakMb }) => peakMb)),
    chosen: own.map(({ evaluation }) => {
      const { resize, places, regularisation } = evaluation.choices!.chosen;
      return `${resize} ${places ?? 'vector'} ${regularisation}`;
    }),
  };
}

/** Single images of each class are not calibrated. */
function calibrationOf({ calibration, rows }: Evaluation): { before: number; after: number } {
  if (calibration) return calibration.test;
  const error = expectedCalibrationError(
    rows.map(({ confidence, prediction, truth }) => ({ confidence, right: prediction === truth })),
  );
  return { before: error, after: error };
}

function isRight({ rows }: Evaluation, image: number): boolean {
  const { prediction, truth } = rows[image]!;
  return prediction === truth;
}

function printRow(row: Row): void {
  const share = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(3)).padStart(8);
  console.log(
    [
      String(row.k).padStart(5),
      `${share(row.accuracy)}${share(row.probe)}  ${share(row.baselineAccuracy)}`,
      `${share(row.ece)} (${row.eceUncalibrated.toFixed(3)})`,
      share(row.aurocOther).padStart(12),
      row.seconds.toFixed(0).padStart(8),
      row.peakMb.toFixed(0).padStart(9),
      ` ${row.chosen.join(', ')}`,
    ].join(' '),
  );
}

/** Five classes are the domain, the other five are of none of its classes. */
async function measureHeldOutClasses(folder: string, general: string): Promise<number> {
  const labels = await labelsIn(join(folder, 'train'));
  const [known, unknown] = [labels.slice(0, 5), labels.slice(5)];
  const { evaluation } = await runTrainingJob({
    mode: 'transfer',
    general,
    photographs: {
      folder,
      labels: known,
      from: 0,
      to: 20,
      testPerLabel: TEST_PER_LABEL.clothing,
      other: { folder: join(folder, 'test'), labels: unknown, perLabel: TEST_PER_LABEL.clothing },
    },
  });
  return evaluation.unsure!.other!.auroc;
}

await main();
