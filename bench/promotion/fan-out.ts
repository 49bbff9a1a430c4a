import { type ProcessPeak, type TreePeak, watchMemory } from '../shared/process-memory.ts';
import { readHistory } from './history.ts';
import type { PromotionStack } from './stack.ts';

/** How often 100 processes are looked at, ms: a look takes some of the time that it measures. */
const LOOK_MS = 1_000;

export interface FanOut {
  domains: number;
  /** By outcome. */
  outcomes: Record<string, number>;
  /** Manifest's upload begun → end of the execution. */
  seconds: number;
  historyEvents: number;
  /** Bytes of the greatest input or output of a state, of 262,144 that Step Functions allows. */
  greatestState: number;
  /** `localAws` is the process of the local AWS itself, which `processes` has too. */
  memory: { localAws: ProcessPeak; processes: ProcessPeak[]; tree: TreePeak };
}

/** One general model to many domains, all of them new. */
export async function measureFanOut(
  stack: PromotionStack,
  domains: readonly string[],
  version: string,
): Promise<FanOut> {
  await stack.pushDomains(domains);
  const localPid = stack.aws.process.pid!;
  const memory = watchMemory(localPid, LOOK_MS);
  const { uploadedAt, execution, executionArn } = await stack.pushModel(version);
  const ended = await stack.ended(executionArn, 30 * 60);
  const peaks = memory.stop();
  const outcomes: Record<string, number> = {};
  for (const domain of domains) {
    const { outcome } = await stack.outcome(execution, domain);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  const history = await readHistory(stack.stepFunctions, executionArn);
  const data = history.flatMap((event) => [
    event.stateEnteredEventDetails?.input ?? '',
    event.stateExitedEventDetails?.output ?? '',
  ]);
  return {
    domains: domains.length,
    outcomes,
    seconds: (ended.stopDate!.getTime() - uploadedAt) / 1000,
    historyEvents: history.length,
    greatestState: Math.max(...data.map((text) => Buffer.byteLength(text))),
    memory: { ...peaks, localAws: peaks.processes.find(({ pid }) => pid === localPid)! },
  };
}
