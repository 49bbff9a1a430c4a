import { useSignal } from '@preact/signals';
import type { DataChanges } from '../../contracts/images.ts';
import { Moment } from '../components/moment.tsx';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';
import { ChangedGallery } from './changed-gallery.tsx';

const KINDS = ['added', 'replaced', 'removed'] as const;

/** What has come, changed and gone since the last promotion began. It is asked for after the rest. */
export function Changes({ domain }: { domain: string }) {
  const { value, error } = useAsked<DataChanges | null>(`/api/domains/${domain}/changes`);
  const shown = useSignal<(typeof KINDS)[number] | undefined>(undefined);
  if (value === null) return null;
  return (
    <section aria-labelledby="changes">
      <h2 id="changes">Since the last promotion</h2>
      {error && <Problem error={error} />}
      {!value && !error && <p aria-live="polite">Looking for what has changed …</p>}
      {value && (
        <>
          <p class="faint">
            It began <Moment at={value.since} />.{' '}
            {KINDS.every((kind) => value[kind].count === 0) && 'No image has changed since.'}
          </p>
          <div class="buttons">
            {KINDS.filter((kind) => value[kind].count > 0).map((kind) => (
              <button
                key={kind}
                type="button"
                aria-pressed={shown.value === kind}
                onClick={() => {
                  shown.value = shown.value === kind ? undefined : kind;
                }}
              >
                {value[kind].count} {kind}
              </button>
            ))}
          </div>
          {shown.value && (
            <ChangedGallery key={shown.value} domain={domain} images={value[shown.value].named} />
          )}
        </>
      )}
    </section>
  );
}
