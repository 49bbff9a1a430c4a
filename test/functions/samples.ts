import type { Input } from '#core/contracts/common.ts';
import type { DomainInput } from '#core/contracts/domain.ts';
import type { Evaluation, EvaluationRow, Mode } from '#core/contracts/evaluation.ts';
import type { Manifest } from '#core/contracts/manifest.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import type { Deployed, DomainPromotion, Gated, Prepared } from '#core/contracts/promotion-state.ts';
import { sha256 } from '#core/digest.ts';
import { networkInput } from '#model/network/input.ts';

/** Valid examples of the contracts, to be changed by a test in the one place that it is about. */

export const subject = {
  execution: 'promote-icons',
  domain: 'produce',
  model: 'icons',
  version: '20261123T154200Z-3f2a9c',
};
export const olderVersion = '20261101T000000Z-aaaaaa';
export const newerVersion = '20261124T000000Z-bbbbbb';

export const modelFiles: Record<string, string> = { 'model.onnx': 'weights' };

/** What `graft train` writes. */
export const imageInput: Input = networkInput(32);

export const trainedOrigin = {
  kind: 'trained',
  metrics: { trainingAccuracy: 0.6, validationAccuracy: 0.5, validationLoss: 1.5 },
  dataSet: { name: 'icons', digest: sha256('icons'), images: 100, classes: 2 },
  training: {
    epochs: 1,
    imagesSeen: 100,
    seconds: 1,
    batchSize: 32,
    learningRate: 0.01,
    seed: 1,
    hyperparameters: {},
    backend: 'wasm',
    device: 'cpu',
  },
} as const;

export const importedOrigin = {
  kind: 'imported',
  format: 'onnx',
  producer: 'pytorch 2.9.0',
  source: { name: 'mobilenet.onnx', size: 12, sha256: sha256('mobilenet') },
} as const;

export function manifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    schemaVersion: 2,
    model: subject.model,
    version: subject.version,
    createdAt: '2026-11-23T15:42:00Z',
    files: Object.entries(modelFiles).map(([name, text]) => ({
      name,
      size: text.length,
      sha256: sha256(text),
    })),
    input: imageInput,
    features: [
      {
        name: 'map',
        width: 2,
        places: { rows: 2, columns: 2 },
        reference: [
          [0, 1],
          [1, 2],
          [2, 3],
        ],
      },
    ],
    classifier: { name: 'probabilities', labels: ['anchor', 'bell'] },
    parameters: 7,
    origin: trainedOrigin,
    agentVersion: '0.1.0',
    ...changes,
  };
}

export const gatePolicy = {
  minimumAccuracy: 0.4,
  minimumUplift: 0.1,
  minimumRecall: 0.3,
  minimumTestImages: 4,
};

export function domain(changes: Partial<DomainInput> = {}): DomainInput {
  return {
    schemaVersion: 1,
    domain: subject.domain,
    labels: ['apple', 'banana'],
    gate: gatePolicy,
    ...changes,
  };
}

/** `right` of `perLabel` test images of every class are recognised, the first ones. */
export function evaluation(
  mode: Mode,
  right: number,
  perLabel = 20,
  changes: Partial<Evaluation> = {},
): Evaluation {
  const labels = ['apple', 'banana'];
  const rows: EvaluationRow[] = labels.flatMap((truth, index) =>
    Array.from({ length: perLabel }, (_, n) => ({
      id: `${truth}/${String(n).padStart(2, '0')}.png`,
      truth,
      prediction: n < right ? truth : labels[1 - index]!,
      confidence: 0.9,
    })),
  );
  const accuracy = right / perLabel;
  return {
    schemaVersion: 1,
    mode,
    domain: subject.domain,
    general: { model: subject.model, version: subject.version },
    labels,
    data: {
      trainDigest: sha256('train'),
      testDigest: sha256('test'),
      trainImages: 10,
      testImages: rows.length,
      damaged: [],
    },
    accuracy,
    interval: { lower: 0, upper: 1 },
    recall: { apple: accuracy, banana: accuracy },
    confusion: [
      [right, perLabel - right],
      [perLabel - right, right],
    ],
    rows,
    curve: [{ step: 0, trainingAccuracy: 0.5, validationAccuracy: 0.5, validationLoss: 1 }],
    bestStep: 0,
    steps: 10,
    latencyMs: { p50: 1, p95: 2 },
    seconds: 1,
    seed: 1,
    backend: 'wasm',
    ...changes,
  };
}

export const prepared: Prepared = {
  jobs: { transfer: 'produce-transfer-0', baseline: 'produce-baseline-0' },
  resources: { instanceType: 'ml.c5.xlarge', spot: false, maxSeconds: 3600 },
  gate: { ...gatePolicy, maximumRegression: 0, significance: 0.05, maximumLatencyMs: 1000 },
  endpoint: {
    name: 'graft-dev-produce',
    settings: { type: 'serverless', memoryMb: 2048, maxConcurrency: 10 },
  },
  images: { train: 4, test: 6 },
  champion: null,
};

export const trained = (mode: Mode) => ({
  job: prepared.jobs[mode],
  modelKey: `promotions/promote-icons/produce/training/${prepared.jobs[mode]}/output/model.tar.gz`,
  outputKey: `promotions/promote-icons/produce/training/${prepared.jobs[mode]}/output/output.tar.gz`,
});
export const trainedModels = { transfer: trained('transfer'), baseline: trained('baseline') };

export const gated: Gated = {
  decision: 'PROMOTE',
  rows: [{ rule: 'test-images', observed: '40', required: '≥ 4', passed: true }],
  baselineAccuracy: 0.4,
  transferAccuracy: 0.9,
  decisionKey: 'promotions/promote-icons/produce/decision.json',
  evaluationKeys: {
    transfer: 'promotions/promote-icons/produce/evaluation-transfer.json',
    baseline: 'promotions/promote-icons/produce/evaluation-baseline.json',
  },
};

export const deployed: Deployed = {
  endpoint: 'graft-dev-produce',
  endpointConfig: 'produce-config',
  modelName: 'produce-model',
  previous: null,
};

/** A domain that went all the way to a confirmed endpoint. */
export const confirmedPromotion: DomainPromotion = {
  ...subject,
  chosen: false,
  prepared,
  training: trainedModels,
  gate: gated,
  deployment: deployed,
  confirmed: { goldenImages: 2 },
};

export function champion(version: string, changes: Partial<Champion> = {}): Champion {
  return {
    schemaVersion: 1,
    domain: subject.domain,
    model: subject.model,
    version,
    execution: 'promote-before',
    trainingJob: 'job-before',
    modelKey: 'promotions/promote-before/produce/training/job-before/output/model.tar.gz',
    modelName: 'model-before',
    endpoint: 'graft-dev-produce',
    endpointConfig: 'config-before',
    evaluationKey: 'promotions/promote-before/produce/evaluation-transfer.json',
    accuracy: 0.7,
    promotedAt: version === newerVersion ? '2026-11-24T01:00:00.000Z' : '2026-11-01T00:00:00.000Z',
    ...changes,
  };
}
