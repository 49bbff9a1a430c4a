const TONES: Readonly<Record<string, string>> = {
  DEPLOYED: 'good',
  SUCCEEDED: 'good',
  RUNNING: 'busy',
  APPROVAL: 'busy',
  QUOTA: 'busy',
  REJECTED: 'bad',
  ROLLED_BACK: 'bad',
  FAILED: 'bad',
  TIMED_OUT: 'bad',
  // Of an agent's models and trainings.
  uploading: 'busy',
  training: 'busy',
  trained: 'good',
  trying: 'bad',
  failed: 'bad',
  missing: 'bad',
};

const NAMES: Readonly<Record<string, string>> = {
  APPROVAL: 'waits for you',
  QUOTA: 'waits for a quota',
  ABORTED: 'stopped',
};

/** An outcome or a status as a word on its colour. */
export function Outcome({ of }: { of: string }) {
  return (
    <span class={`badge ${TONES[of] ?? 'plain'}`}>{NAMES[of] ?? of.toLowerCase().replaceAll('_', ' ')}</span>
  );
}
