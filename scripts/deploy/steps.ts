/** One step of a deployment: printed in a dry run, printed and run otherwise. */
export interface Step {
  title: string;
  /** What a person would type. */
  command: string;
  run(): Promise<void>;
}

/** Prints the steps and, except in a dry run, runs each before the next is printed. */
export async function runSteps(steps: readonly Step[], dryRun: boolean): Promise<void> {
  for (const [index, step] of steps.entries()) {
    console.log(`${index + 1}. ${step.title}\n   ${step.command}`);
    if (!dryRun) await step.run();
  }
}
