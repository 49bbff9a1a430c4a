import {
  createCloudWatch,
  createEcr,
  createLogs,
  createS3,
  createSageMaker,
  createSageMakerRuntime,
  createSns,
  createStepFunctions,
} from 'local-aws/services';
import { ManualClock, startLocal } from 'local-aws/testing';
import './quiet.ts';

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createRandom } from '#core/random.ts';
import { generateSigningKeys } from '#core/signature.ts';
import { containerPrograms } from '../../scripts/local-container.ts';
import { buckets } from '../functions/stage.ts';
import type { callFunction } from '../statemachines/functions.ts';
import { functionEnvironment, machineTemplate } from '../statemachines/stack.ts';
import { Activity } from './activity.ts';
import { createInProcessContainer, type Fates } from './container.ts';
import { Delivery } from './delivery.ts';
import { installFunctionTime } from './function-time.ts';
import { KillingLambda } from './killing-lambda.ts';
import { Ledger } from './ledger.ts';
import type { Plan } from './schedule.ts';
import { directRequestsTo, installSdkTransport } from './sdk-transport.ts';

/** The same for every run, so that a state folder can be used again. */
const keys = signingKeys();
function signingKeys() {
  const path = process.env.GRAFT_FAULTS_KEYS;
  if (path !== undefined)
    return JSON.parse(readFileSync(path, 'utf8')) as ReturnType<typeof generateSigningKeys>;
  return generateSigningKeys();
}
export const { privateKey } = keys;
export const saveKeys = (path: string) => writeFileSync(path, JSON.stringify(keys));

let installed = false;
function install(): void {
  if (installed) return;
  installed = true;
  installFunctionTime();
  installSdkTransport();
}

export interface StageOptions {
  /** The state folder; made where it is not there. */
  folder: string;
  plan: Plan;
  fates(ledger: Ledger): Fates;
  onRequest?(number: number): void;
  call?: typeof callFunction;
}
export type Stage = Awaited<ReturnType<typeof startStage>>;

/**
 * Everything that a run needs: the local AWS with the state machine and its functions, on a clock of its own.
 */
export async function startStage(options: StageOptions) {
  install();
  const { folder, plan } = options;
  mkdirSync(folder, { recursive: true });
  const timeFile = join(folder, 'time');
  const clock = new ManualClock(existsSync(timeFile) ? Number(readFileSync(timeFile, 'utf8')) : undefined);
  const activity = new Activity();
  const ledger = new Ledger(folder, () => clock.now());
  const lambda = new KillingLambda({
    clock,
    activity,
    ledger,
    plan,
    ...(options.onRequest ? { onRequest: options.onRequest } : {}),
    ...(options.call ? { call: options.call } : {}),
  });
  const delivery = new Delivery({
    clock,
    ledger,
    random: createRandom('delivery', plan.seed),
    shares: plan.events,
    call: (name, event) => lambda.call(name, event),
  });
  const supervisor = createInProcessContainer(clock, activity, options.fates(ledger));
  const local = await startLocal({
    clock,
    state: join(folder, 'aws'),
    services: [
      delivery.bus,
      lambda.service,
      createLogs,
      // Its alarms are looked at every ten seconds, which is most of what happens in a day without any.
      ...(plan.before === 'instances' ? [createCloudWatch] : []),
      createEcr,
      createS3,
      createSageMaker({ ...containerPrograms('/scripted'), concurrentJobs: 8, supervisor }),
      createSageMakerRuntime,
      createSns,
      createStepFunctions,
    ],
    template: machineTemplate(),
  });
  directRequestsTo(local.endpoint);
  Object.assign(process.env, functionEnvironment(local.endpoint, keys.publicKey));
  const s3 = local.client(S3Client);
  return {
    folder,
    clock,
    activity,
    ledger,
    delivery,
    lambda,
    local,
    s3,
    sfn: local.client(SFNClient),
    sagemaker: local.client(SageMakerClient),
    runtime: local.client(SageMakerRuntimeClient),
    async makeBuckets() {
      for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
    },
    /** Moves the clock to the next moment at which anything is due. */
    step() {
      const { next } = clock;
      if (next !== undefined) clock.advance(Math.max(0, next - clock.now()));
      writeFileSync(timeFile, String(clock.now()));
    },
    async stop() {
      await local.stop();
      await activity.untilQuiet();
    },
  };
}

/**
 * A folder of its own for something; in memory where the machine has such a file system, since every change
 * waits for the disk.
 */
export function temporaryFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'graft-faults-'));
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });
export const copyFolder = (from: string, to: string) => cpSync(from, to, { recursive: true });
