import { useSignal } from '@preact/signals';
import type { DomainImages, Part } from '../../contracts/images.ts';
import { BackTo } from '../components/back-to.tsx';
import { Heading } from '../components/heading.tsx';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';
import { BalanceTable } from './balance-table.tsx';
import { Changes } from './changes.tsx';
import { Gallery } from './gallery.tsx';
import { Picture } from './picture.tsx';

/** What lies in a domain's folder: how many, what is wrong with it, and the images themselves. */
export function DataPage({ domain }: { domain: string }) {
  const { value, error } = useAsked<DomainImages>(`/api/domains/${domain}/images`);
  const shown = useSignal<{ part: Part; label: string } | undefined>(undefined);
  if (error) return <Problem error={error} />;
  return (
    <>
      <Heading title={`Images of ${domain}`} />
      <BackTo domain={domain} />
      {value === undefined && <p aria-live="polite">Counting …</p>}
      {value && (
        <>
          {value.problem && <Problem error={new Error(value.problem)} />}
          {value.warnings.map((warning) => (
            <p key={warning} class="warning">
              {warning}
            </p>
          ))}
          {value.since === undefined && <p class="faint">No promotion yet.</p>}
          <BalanceTable images={value} shown={shown} />
          {shown.value && (
            <Gallery key={`${shown.value.part} ${shown.value.label}`} domain={domain} {...shown.value} />
          )}
          <Changes domain={domain} />
          {value.suspicious.length > 0 && (
            <section aria-labelledby="suspicious">
              <h2 id="suspicious">Labels worth a look</h2>
              <p class="faint">Test images of which the live model is sure that they show something else.</p>
              <ul class="gallery">
                {value.suspicious.map(({ id, truth, prediction, confidence }) => (
                  <li key={id}>
                    <Picture domain={domain} part="test" id={id} />
                    <b>{truth}</b> said {prediction}, {confidence.toFixed(2)}
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
    </>
  );
}
