import { Link } from 'wouter-preact';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { useNews } from '../news.ts';

/** What needs a person, and what runs. */
export function AttentionList() {
  const { value, error } = useNews();
  if (value === undefined) return error ? <Problem error={error} /> : null;
  const { attention, running } = value;
  return (
    <>
      {error && <Problem error={error} />}
      {attention.length > 0 && (
        <section class="attention" aria-labelledby="attention">
          <h2 id="attention">Needs you</h2>
          <ul>
            {attention.map(({ kind, domain, execution, text, at }) => (
              <li key={`${kind} ${execution} ${domain}`}>
                <Outcome of={kind} />
                <Link href={`/promotions/${execution}${domain === undefined ? '' : `/${domain}`}`}>
                  {domain ?? execution}
                </Link>
                <span class="text">{text}</span>
                <Moment at={at} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {running.length > 0 && (
        <section aria-labelledby="running">
          <h2 id="running">Running</h2>
          <ul class="plain">
            {running.map(({ execution, kind, model, version, domains, startedAt }) => (
              <li key={execution}>
                <Outcome of="RUNNING" />
                <Link href={`/promotions/${execution}${domains?.length === 1 ? `/${domains[0]}` : ''}`}>
                  {domains?.join(', ') ?? 'all domains'}
                </Link>
                <span class="text">{kind === 'rollback' ? 'rollback' : `${model} ${version}`}</span>
                <Moment at={startedAt} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
