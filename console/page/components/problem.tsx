import type { AskError } from '../ask.ts';

/** What went wrong, and what a person can do about it. */
export function Problem({ error }: { error: Error }) {
  const { hint } = error as Partial<AskError>;
  return (
    <div class="problem" role="alert">
      <b>{error.message}</b>
      {hint && <p>{hint}</p>}
    </div>
  );
}
