import { useSignal } from '@preact/signals';
import type { Rows } from '../../contracts/domains.ts';
import { Heading } from '../components/heading.tsx';
import { Pager, type Trail } from '../components/pager.tsx';
import { Problem } from '../components/problem.tsx';
import { useNews } from '../news.ts';
import { useAsked } from '../use-asked.ts';
import { AttentionList } from './attention-list.tsx';
import { DomainTable } from './domain-table.tsx';

/** All domains, page by page, below what needs a person. */
export function DomainsPage() {
  const beginning = useSignal('');
  const trail = useSignal<Trail>([undefined]);
  const page = trail.value.at(-1);
  const query = new URLSearchParams({ beginning: beginning.value, ...(page === undefined ? {} : { page }) });
  const { changes } = useNews();
  const path = `/api/domains?${query}`;
  const list = useAsked<Rows<string>>(path, changes);
  return (
    <>
      <Heading title="Domains" />
      <AttentionList />
      <search>
        <label>
          Name begins with
          <input
            type="search"
            value={beginning.value}
            onInput={(event) => {
              beginning.value = event.currentTarget.value.toLowerCase().replace(/[^a-z0-9-]/g, '');
              trail.value = [undefined];
            }}
          />
        </label>
      </search>
      {list.error && <Problem error={list.error} />}
      {list.value?.rows.length === 0 && (
        <p>
          {beginning.value === ''
            ? 'There is no domain yet. Push the images of one with `graft data push`.'
            : `No domain begins with “${beginning.value}”.`}
        </p>
      )}
      {list.value && list.value.rows.length > 0 && (
        <DomainTable key={path} domains={list.value.rows} changes={changes} />
      )}
      <Pager trail={trail} next={list.value?.next} />
    </>
  );
}
