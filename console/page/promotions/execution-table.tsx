import { Link } from 'wouter-preact';
import { duration } from '#core/report/format.ts';
import type { ExecutionRow } from '../../contracts/promotions.ts';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';

export function ExecutionTable({ rows }: { rows: readonly ExecutionRow[] }) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Domains</th>
          <th scope="col">Status</th>
          <th scope="col">Asked for</th>
          <th scope="col">Began</th>
          <th scope="col">Took</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.execution} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: ExecutionRow }) {
  const { execution, status, kind, model, version, startedAt, endedAt, domains, summary } = row;
  const one = domains?.length === 1 ? `/${domains[0]}` : '';
  return (
    <tr>
      <th scope="row">
        <Link href={`/promotions/${execution}${one}`}>{domains?.join(', ') ?? 'all domains'}</Link>
      </th>
      <td data-name="Status">
        <Outcome of={status} />
      </td>
      <td data-name="Asked for">
        {kind} {model} <span class="id">{version}</span>
      </td>
      <td data-name="Began">
        <Moment at={startedAt} />
      </td>
      <td data-name="Took">{endedAt && duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}</td>
      <td data-name="Result" class="text">
        {summary}
      </td>
    </tr>
  );
}
