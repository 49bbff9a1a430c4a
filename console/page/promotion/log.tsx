import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { LogLine } from '../../contracts/promotions.ts';

/** Lines that are shown at first, and with each click more. */
const PAGE = 100;
/** Pixels from its end within which a log counts as scrolled to the end. */
const NEAR_END = 8;

/** The newest lines of a log, followed as they come, and the earlier ones page by page. */
export function Log({ name, lines }: { name: string; lines: readonly LogLine[] }) {
  /** The first line that is shown; while there is none, the newest page follows. */
  const first = useSignal<number | undefined>(undefined);
  const text = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  const hidden = first.value ?? Math.max(0, lines.length - PAGE);
  const toEnd = () => {
    if (atEnd.current && text.current) text.current.scrollTop = text.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [lines]);
  return (
    <details class="log" onToggle={toEnd}>
      <summary>
        Log of the {name} <span class="faint">{lines.length} lines</span>
      </summary>
      {hidden > 0 && (
        <div class="buttons">
          <button
            type="button"
            onClick={() => {
              first.value = Math.max(0, hidden - PAGE);
            }}
          >
            Show {Math.min(PAGE, hidden)} earlier lines
          </button>
          <span class="faint">{hidden} are not shown</span>
        </div>
      )}
      <pre
        ref={text}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
          // What a person reads stays where it is.
          if (!atEnd.current) first.value ??= hidden;
        }}
      >
        {lines
          .slice(hidden)
          .map(({ at, text }) => `${at.slice(11, 19)} ${text}`)
          .join('\n')}
      </pre>
    </details>
  );
}
