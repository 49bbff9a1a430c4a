import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Challenger, Compared, Side } from '../../contracts/prediction.ts';
import { sendImage } from '../ask.ts';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';
import { Probabilities } from './probabilities.tsx';

interface ComparisonProps {
  domain: string;
  image: File;
}

/** What is live beside a model that was refused, on the same image; nothing where none was refused. */
export function Comparison({ domain, image }: ComparisonProps) {
  const challengers = useAsked<Challenger[]>(`/api/domains/${domain}/challengers`).value ?? [];
  const chosen = useSignal('');
  const shown = useSignal<{ of: string; compared?: Compared; error?: Error } | undefined>(undefined);
  useEffect(() => {
    shown.value = undefined;
    if (chosen.value === '') return;
    const asked = { of: chosen.value };
    shown.value = asked;
    const path = `/api/domains/${domain}/compare/${encodeURIComponent(chosen.value)}`;
    sendImage<Compared>(path, image).then(
      (compared) => {
        if (shown.value === asked) shown.value = { ...asked, compared };
      },
      (error: Error) => {
        if (shown.value === asked) shown.value = { ...asked, error };
      },
    );
  }, [image, chosen.value]);
  if (challengers.length === 0) return null;
  const { compared, error } = shown.value ?? {};
  return (
    <section aria-labelledby="comparison">
      <h2 id="comparison">Beside a model that was refused</h2>
      <label>
        Compare with{' '}
        <select
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          <option value="">none</option>
          {challengers.map(({ execution, model, version, outcome, at }) => (
            <option key={execution} value={execution}>
              {model} {version}, {outcome.toLowerCase().replace('_', ' ')} on {at.slice(0, 10)}
            </option>
          ))}
        </select>
      </label>
      {chosen.value !== '' && (
        <p class="faint">
          Both run on this machine, from the files of their promotions.{' '}
          {challengers.find(({ execution }) => execution === chosen.value)?.reason}
        </p>
      )}
      <div aria-live="polite">
        {error && <Problem error={error} />}
        {shown.value && !compared && !error && <p>Fetching the models, and asking them …</p>}
        {compared && (
          <div class="sides">
            <SideView name="Live" side={compared.champion} />
            <SideView name="Refused" side={compared.challenger} />
          </div>
        )}
      </div>
    </section>
  );
}

function SideView({ name, side }: { name: string; side: Side }) {
  return (
    <section aria-label={name}>
      {'problem' in side ? (
        <Problem error={Object.assign(new Error(`${name}: ${side.problem}`), { hint: side.hint })} />
      ) : (
        <>
          <Probabilities answer={side.answer} of={name} />
          <p class="faint">
            {Math.round(side.ms)} ms on this machine. General model {side.answer.general.model}{' '}
            {side.answer.general.version}.
          </p>
        </>
      )}
    </section>
  );
}
