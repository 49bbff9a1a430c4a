import { useSignal } from '@preact/signals';
import type { Rows } from '../../contracts/domains.ts';
import type { ExecutionRow } from '../../contracts/promotions.ts';
import { Heading } from '../components/heading.tsx';
import { Pager, type Trail } from '../components/pager.tsx';
import { Problem } from '../components/problem.tsx';
import { useNews } from '../news.ts';
import { useAsked } from '../use-asked.ts';
import { ExecutionTable } from './execution-table.tsx';

const STATUSES: readonly [status: string, name: string][] = [
  ['', 'All'],
  ['RUNNING', 'Running'],
  ['SUCCEEDED', 'Succeeded'],
  ['FAILED', 'Failed'],
  ['TIMED_OUT', 'Timed out'],
  ['ABORTED', 'Stopped'],
];

/** All executions, the newest first; on the first page what runs stands on top, however long it has run. */
export function PromotionsPage() {
  const status = useSignal('');
  const trail = useSignal<Trail>([undefined]);
  const page = trail.value.at(-1);
  const query = new URLSearchParams({
    ...(status.value === '' ? {} : { status: status.value }),
    ...(page === undefined ? {} : { page }),
  });
  const { value: news, changes } = useNews();
  const list = useAsked<Rows<ExecutionRow>>(`/api/promotions?${query}`, changes);
  const listed = list.value?.rows ?? [];
  const isFirst = status.value === '' && page === undefined && list.value !== undefined;
  const names = new Set(listed.map(({ execution }) => execution));
  const older = isFirst ? (news?.running ?? []).filter(({ execution }) => !names.has(execution)) : [];
  const rows = [...listed, ...older].sort(
    (one, other) => Number(other.status === 'RUNNING') - Number(one.status === 'RUNNING'),
  );
  return (
    <>
      <Heading title="Promotions" />
      <search>
        <label>
          Status
          <select
            value={status.value}
            onChange={(event) => {
              status.value = event.currentTarget.value;
              trail.value = [undefined];
            }}
          >
            {STATUSES.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </search>
      {list.error && <Problem error={list.error} />}
      {list.value && rows.length === 0 && <p>There is no such promotion.</p>}
      {rows.length > 0 && <ExecutionTable rows={rows} />}
      <Pager trail={trail} next={list.value?.next} />
    </>
  );
}
