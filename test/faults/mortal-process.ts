import type { Ledger } from './ledger.ts';
import { play } from './run.ts';
import type { Plan } from './schedule.ts';

/**
 * One life of a local process: plays a plan and is killed on the way, or comes to the end and tells its
 * parent.
 */
const [folder, text, life] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as Plan;
const kill = plan.processKills[Number(life)];

function dieAfter(turns: number, number: number): void {
  if (turns > 0) {
    setImmediate(() => dieAfter(turns - 1, number));
    return;
  }
  if (ledger === undefined) return;
  ledger.strike('process-killed', `life ${life}, after request ${number}`);
  process.kill(process.pid, 'SIGKILL');
}

let ledger: Ledger | undefined;
const result = await play(plan, {
  folder,
  onStage: (stage) => {
    ledger = stage.ledger;
  },
  onRequest: (number) => {
    if (number === kill?.request) dieAfter(kill.turns, number);
  },
});
process.send?.(result, undefined, undefined, () => process.exit(0));
