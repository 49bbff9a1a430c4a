import { faultKinds } from './kinds.ts';
import type { RunResult } from './run.ts';
import type { Tally, Tallying } from './tally.ts';

const number = (value: number, width: number) => value.toLocaleString('en-GB').padStart(width);

/** Faults by kind, kills by function, and what became of the models. */
export function printTally(tallying: Tallying, seconds: number): void {
  console.log(`\n${'fault'.padEnd(26)}${'struck'.padStart(8)}${'in runs'.padStart(9)}   what happens`);
  for (const { kind, times, runs } of tallying.kinds()) {
    console.log(`${kind.padEnd(26)}${number(times, 8)}${number(runs, 9)}   ${faultKinds[kind]}`);
  }
  console.log(`\n${'function'.padEnd(26)}${'requests'.padStart(8)}${'struck at'.padStart(11)}`);
  for (const { name, requests, killed } of tallying.functions()) {
    console.log(
      `${name.padEnd(26)}${number(requests, 8)}${number(killed, 11)} of ${3 * requests} (killed before and after each, response lost)`,
    );
  }
  const { runs, faults, lostModels, wrongModelLive, stuckExecutions }: Tally = tallying.tally;
  console.log(`
runs                ${number(runs, 8)}   in ${Math.round(seconds)} s
faults              ${number(faults, 8)}
models lost         ${number(lostModels, 8)}
wrong model live    ${number(wrongModelLive, 8)}
stuck executions    ${number(stuckExecutions, 8)}`);
}

/** What is wrong in a run, how to see it again, and all that happened in it. */
export function printRun({ plan, violations, history, evidence }: RunResult): void {
  console.log(`\nseed ${plan.seed} (${plan.shape}, before: ${plan.before})`);
  for (const { kind, text } of violations) console.log(`  ${kind.toUpperCase()}: ${text}`);
  console.log(`  again: npm run test:faults -- --seed ${plan.seed} --runs 1`);
  for (const { at, text } of history) console.log(`  ${new Date(at).toISOString()}  ${text}`);
  for (const { name, status, outcome } of evidence.executions) {
    console.log(`  ${name}: ${status}, ${outcome?.outcome ?? 'no outcome'}: ${outcome?.reason ?? ''}`);
  }
  const { champion, endpoint, answer, lock } = evidence;
  console.log(
    `  champion ${champion?.version ?? 'none'} of ${champion?.execution}: ${champion?.endpointConfig}`,
  );
  console.log(
    `  endpoint ${endpoint?.status ?? 'none'}: ${endpoint?.config}, answers ${JSON.stringify(answer)}; lock: ${lock ?? 'free'}`,
  );
}
