import type { Mode } from '#core/contracts/evaluation.ts';
import type { LogLine } from '../../contracts/promotions.ts';

const NAMES: Readonly<Record<Mode, string>> = { transfer: 'transfer job', baseline: 'baseline job' };

/** The last lines of the training jobs' logs. */
export function LogView({ logs }: { logs: Partial<Record<Mode, LogLine[]>> }) {
  return (
    <>
      {(['transfer', 'baseline'] as const).map((mode) => {
        const lines = logs[mode];
        if (lines === undefined) return null;
        return (
          <details key={mode} class="log">
            <summary>
              Log of the {NAMES[mode]} <span class="faint">{lines.length} lines</span>
            </summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard. */}
            <pre tabIndex={0}>{lines.map(({ at, text }) => `${at.slice(11, 19)} ${text}`).join('\n')}</pre>
          </details>
        );
      })}
    </>
  );
}
