// Checks a fresh backend in a process of its own, since libraries that do not fit can crash it.
// The sources are TypeScript, and a process does not inherit its parent's loader.
import { register } from 'tsx/esm/api';

register();
const { checkTrainingStep } = await import('./check-training-step.ts');
try {
  console.log(JSON.stringify(await checkTrainingStep(process.argv[2])));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
