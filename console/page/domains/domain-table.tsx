import { Link } from 'wouter-preact';
import type { DomainFigures, DomainRow } from '../../contracts/domains.ts';
import { Accuracy } from '../components/accuracy.tsx';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { SparkLine } from '../components/spark-line.tsx';

interface DomainTableProps {
  rows: readonly DomainRow[];
  /** They come later than the rows. */
  figures: readonly DomainFigures[];
}

export function DomainTable({ rows, figures }: DomainTableProps) {
  const figuresOf = new Map(figures.map((each) => [each.domain, each]));
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Domain</th>
          <th scope="col">Accuracy of what is live</th>
          <th scope="col">Before</th>
          <th scope="col">General model</th>
          <th scope="col">Last promotion</th>
          <th scope="col">Requests in a day</th>
          <th scope="col">Unsure</th>
          <th scope="col">Training in 30 days</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.domain} row={row} figures={figuresOf.get(row.domain)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, figures }: { row: DomainRow; figures: DomainFigures | undefined }) {
  const { domain, live, last } = row;
  return (
    <tr>
      <th scope="row">
        <Link href={`/domains/${domain}`}>{domain}</Link>
      </th>
      <td data-name="Accuracy">
        {live ? (
          <Accuracy
            accuracy={live.accuracy}
            interval={figures?.interval}
            baselineAccuracy={live.baselineAccuracy}
          />
        ) : (
          <span class="faint">nothing is live</span>
        )}
      </td>
      <td data-name="Before">
        <SparkLine values={figures?.history ?? []} />
      </td>
      <td data-name="General model">
        {live && (
          <>
            {live.model} <span class="id">{live.version}</span>
          </>
        )}
      </td>
      <td data-name="Last promotion">
        {last ? (
          <Link href={`/promotions/${last.execution}/${domain}`} title={last.reason}>
            <Outcome of={last.outcome} /> <Moment at={last.at} />
          </Link>
        ) : (
          <span class="faint">none</span>
        )}
      </td>
      <td data-name="Requests in a day">
        {figures?.requests}
        {figures?.errors ? <b class="error"> {figures.errors} failed</b> : null}
      </td>
      <td data-name="Unsure">
        {figures?.unsure === undefined ? null : `${(figures.unsure * 100).toFixed(1)} %`}
      </td>
      <td data-name="Training in 30 days">
        {figures && (figures.cost === null ? 'unknown' : `$${figures.cost.toFixed(2)}`)}
      </td>
    </tr>
  );
}
