import { Link } from 'wouter-preact';
import type { ExecutionDetails } from '../../contracts/promotions.ts';
import { Heading } from '../components/heading.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { useNews } from '../news.ts';
import { useAsked } from '../use-asked.ts';

/** One execution and what became of each of its domains. */
export function ExecutionPage({ execution }: { execution: string }) {
  const { value, error } = useAsked<ExecutionDetails>(`/api/promotions/${execution}`, useNews().changes);
  if (error) return <Problem error={error} />;
  if (value === undefined) return null;
  const { status, kind, model, version, summary, items } = value;
  return (
    <>
      <Heading title={execution}>
        <Outcome of={status} />
      </Heading>
      <p>
        {kind} {model} <span class="id">{version}</span>
      </p>
      {summary && <p>{summary}</p>}
      {items === undefined ? (
        <p class="faint">The model is not verified yet, or could not be: no domain was reached.</p>
      ) : (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Domain</th>
              <th scope="col">Outcome</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ domain, outcome, reason }) => (
              <tr key={domain}>
                <th scope="row">
                  <Link href={`/promotions/${execution}/${domain}`}>{domain}</Link>
                </th>
                <td data-name="Outcome">{outcome ? <Outcome of={outcome} /> : null}</td>
                <td data-name="Reason" class="text">
                  {reason}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
