/** One step of a deployment: printed in a dry run, printed and run otherwise. */
export interface Step {
  title: string;
  /** The command line of the step, as a person would type it. */
  command: string;
  run(): Promise<void>;
}

/** Prints each step and, except in a dry run, runs it before it prints the next one. */
export async function runSteps(steps: readonly Step[], dryRun: boolean): Promise<void> {
  for (const [index, step] of steps.entries()) {
    console.log(`${index + 1}. ${step.title}\n   ${step.command}`);
    if (!dryRun) await step.run();
  }
}
