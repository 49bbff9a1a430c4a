import { useSignal } from '@preact/signals';
import type { Rows } from '../../contracts/domains.ts';
import type { ImageRow, Part } from '../../contracts/images.ts';
import { Pager, type Trail } from '../components/pager.tsx';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';
import { Picture } from './picture.tsx';

/** The images of one label, page by page. */
export function Gallery({ domain, part, label }: { domain: string; part: Part; label: string }) {
  const trail = useSignal<Trail>([undefined]);
  const page = trail.value.at(-1);
  const query = new URLSearchParams({ label, ...(page === undefined ? {} : { page }) });
  const { value, error } = useAsked<Rows<ImageRow>>(`/api/domains/${domain}/images/${part}?${query}`);
  return (
    <section aria-labelledby="gallery">
      <h2 id="gallery">
        {part}
        {label && ` / ${label}`}
      </h2>
      {error && <Problem error={error} />}
      <ul class="gallery">
        {value?.rows.map(({ id }) => (
          <li key={id}>
            <Picture domain={domain} part={part} id={id} />
            <span class="faint">{id.slice(id.lastIndexOf('/') + 1)}</span>
          </li>
        ))}
      </ul>
      <Pager trail={trail} next={value?.next} />
    </section>
  );
}
