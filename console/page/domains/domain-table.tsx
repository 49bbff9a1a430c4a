import { Link } from 'wouter-preact';
import type { DomainFigures, DomainRow } from '../../contracts/domains.ts';
import { Accuracy } from '../components/accuracy.tsx';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { SparkLine } from '../components/spark-line.tsx';
import { Traffic } from '../components/traffic.tsx';
import { useRows } from './use-rows.ts';

/**
 * Domains with what is known of each. Keyed by the page of the list: its rows are asked for as they come into
 * view.
 */
export function DomainTable({ domains, changes }: { domains: readonly string[]; changes: unknown }) {
  const { rows, figures, error, watch } = useRows(changes);
  return (
    <>
      {error && <Problem error={error} />}
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
          {domains.map((domain) => (
            <tr key={domain} ref={watch(domain)}>
              <th scope="row">
                <Link href={`/domains/${domain}`}>{domain}</Link>
              </th>
              <Cells row={rows.get(domain)} figures={figures.get(domain)} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Cells({ row, figures }: { row: DomainRow | undefined; figures: DomainFigures | undefined }) {
  if (row === undefined) return <td colSpan={7} />;
  const { domain, live, last } = row;
  return (
    <>
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
      <td data-name="Requests in a day">{figures && <Traffic figures={figures} />}</td>
      <td data-name="Unsure">
        {figures?.unsure === undefined ? null : `${(figures.unsure * 100).toFixed(1)} %`}
      </td>
      <td data-name="Training in 30 days">
        {figures && (figures.cost === null ? 'unknown' : `$${figures.cost.toFixed(2)}`)}
      </td>
    </>
  );
}
