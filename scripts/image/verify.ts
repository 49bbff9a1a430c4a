/** `verify.mjs` of `onprem-agent/commands/backend`, as a bundle: there is no TypeScript in the image. */
import { checkTrainingStep } from '../../onprem-agent/commands/backend/check-training-step.ts';

try {
  console.log(JSON.stringify(await checkTrainingStep(process.argv[2]!)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
