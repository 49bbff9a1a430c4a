import { type BackendKind, checkTrainingStep } from './check-training-step.ts';

/** The program of `verifyBackend`: writes what it has found as one line of JSON. */
try {
  console.log(JSON.stringify(await checkTrainingStep(process.argv[2]!, process.argv[3] as BackendKind)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
