import type { LogLine, LogName } from '../../contracts/promotions.ts';
import { Log } from './log.tsx';

const NAMES: Readonly<Record<LogName, string>> = {
  transfer: 'transfer job',
  baseline: 'baseline job',
  functions: 'functions',
};

/** What the training jobs and the Lambda functions say. */
export function LogView({ logs }: { logs: Partial<Record<LogName, LogLine[]>> }) {
  return (
    <>
      {(['transfer', 'baseline', 'functions'] as const).map((of) => {
        const lines = logs[of];
        return lines === undefined ? null : <Log key={of} name={NAMES[of]} lines={lines} />;
      })}
    </>
  );
}
