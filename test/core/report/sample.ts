import type { Evaluation, EvaluationRow, Mode } from '#core/contracts/evaluation.ts';
import { sha256 } from '#core/digest.ts';
import { listPrices } from '#core/prices.ts';
import { type BilledJob, composeReport, type ReportSource } from '#core/report/compose.ts';
import { evaluation, manifest, subject } from '../../functions/samples.ts';

/** A label that would run and load something, were it not escaped everywhere. */
export const hostileLabel = `<script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="1">"'`;

const labels = ['apple', 'banana', 'carrot', 'Café au lait', hostileLabel];

/** Every third image is taken for the next class; a baseline is wrong about every other one. */
function evaluationOf(mode: Mode): Evaluation {
  const every = mode === 'transfer' ? 3 : 2;
  const rows: EvaluationRow[] = labels.flatMap((truth, index) =>
    Array.from({ length: 12 }, (_, n) => ({
      id: `${truth.replaceAll('/', '∕')}/${String(n).padStart(2, '0')}.png`,
      truth,
      prediction: (n + index) % every === 0 ? labels[(index + 1) % labels.length]! : truth,
      confidence: 0.5 + n / 30,
      outOfDomain: n / 20,
    })),
  );
  const accuracy = rows.filter((row) => row.prediction === row.truth).length / rows.length;
  return evaluation(mode, 0, 1, {
    labels,
    rows,
    accuracy,
    recall: Object.fromEntries(labels.map((label) => [label, accuracy])),
    data: { trainDigest: sha256('a'), testDigest: sha256('b'), trainImages: 60, testImages: 60, damaged: [] },
    curve: Array.from({ length: 15 }, (_, n) => ({
      step: n * 20,
      trainingAccuracy: 0.9,
      validationAccuracy: (mode === 'transfer' ? 0.7 : 0.45) * (1 - Math.exp(-n / 3)),
      validationLoss: 1,
    })),
    unsure: {
      keep: 0.95,
      threshold: 0.5,
      heldOut: 60,
      falseAlarms: 1 / 12,
      other: {
        images: 2,
        digest: sha256('c'),
        auroc: 0.875,
        caught: 0.5,
        rows: [
          { id: `${hostileLabel}.png`, outOfDomain: 0.5 },
          { id: 'dog.png', outOfDomain: 1 },
        ],
      },
    },
    bestStep: 240,
    steps: 280,
  });
}

export function job(mode: Mode, changes: Partial<BilledJob> = {}): BilledJob {
  return {
    mode,
    name: `produce-${mode}-0`,
    arn: `arn:aws:sagemaker:eu-central-1:000000000000:training-job/produce-${mode}-0`,
    status: 'Completed',
    spot: false,
    instanceType: 'ml.c5.xlarge',
    instances: 1,
    createdAt: '2026-11-23T16:50:00.000Z',
    startedAt: '2026-11-23T16:51:30.000Z',
    endedAt: '2026-11-23T16:54:30.000Z',
    seconds: 180,
    billableSeconds: 180,
    ...changes,
  };
}

/** A promotion that was deployed, with labels and ids that need escaping. */
export function reportSource(changes: Partial<ReportSource> = {}): ReportSource {
  return {
    outcome: {
      schemaVersion: 1,
      ...subject,
      outcome: 'DEPLOYED',
      reason: `graft-dev-produce serves a model, confirmed on ${labels.length} golden images`,
      gate: [
        { rule: 'test-images', observed: '60', required: '≥ 20', passed: true },
        {
          rule: 'minimum-recall',
          observed: `0.667 (worst class: ${hostileLabel})`,
          required: '≥ 0.300 for every class',
          passed: true,
        },
      ],
      finishedAt: '2026-11-23T17:00:00.000Z',
    },
    evaluations: { transfer: evaluationOf('transfer'), baseline: evaluationOf('baseline') },
    jobs: [job('transfer'), job('baseline')],
    prices: listPrices,
    startedAt: '2026-11-23T16:49:00.000Z',
    lineage: {
      executionArn: 'arn:aws:states:eu-central-1:000000000000:execution:promote-model:promote-icons',
      manifest: 's3://models/general/icons/20261123T154200Z-3f2a9c/manifest.json',
      manifestSha256: sha256('manifest'),
      generalModel: manifest(),
      files: ['s3://artifacts/promotions/promote-icons/produce/outcome.json'],
      endpoint: 'graft-dev-produce',
      endpointConfig: 'produce-config',
      modelName: 'produce-model',
      replaces: null,
    },
    ...changes,
  };
}

export const report = (changes: Partial<ReportSource> = {}) => composeReport(reportSource(changes));

/** One red pixel. */
export const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
