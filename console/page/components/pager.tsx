import type { Signal } from '@preact/signals';

/** Pages that were seen before the present one, as the server names them. */
export type Trail = (string | undefined)[];

/** To the next page and back. The server knows only what comes next, so the way back is remembered here. */
export function Pager({ trail, next }: { trail: Signal<Trail>; next: string | undefined }) {
  const pages = trail.value;
  if (pages.length === 1 && next === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <button
        type="button"
        disabled={pages.length === 1}
        onClick={() => {
          trail.value = pages.slice(0, -1);
        }}
      >
        ← Back
      </button>
      <span>Page {pages.length}</span>
      <button
        type="button"
        disabled={next === undefined}
        onClick={() => {
          trail.value = [...pages, next];
        }}
      >
        Next →
      </button>
    </nav>
  );
}
