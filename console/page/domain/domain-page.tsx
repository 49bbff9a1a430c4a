import { Link, useLocation } from 'wouter-preact';
import type { DomainDetails } from '../../contracts/domains.ts';
import { act } from '../ask.ts';
import { Accuracy } from '../components/accuracy.tsx';
import { Confirm } from '../components/confirm.tsx';
import { Heading } from '../components/heading.tsx';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { SparkLine } from '../components/spark-line.tsx';
import { Traffic } from '../components/traffic.tsx';
import { useNews } from '../news.ts';
import { useAsked } from '../use-asked.ts';
import { useFigures } from './use-figures.ts';

/** One domain: what is live, what was live, its promotions. */
export function DomainPage({ domain }: { domain: string }) {
  const { changes } = useNews();
  const { value, error } = useAsked<DomainDetails>(`/api/domains/${domain}`, changes);
  const figures = useFigures(domain, changes);
  if (error) return <Problem error={error} />;
  if (value === undefined) return null;
  const { live, endpoint, champions, promotions, rollbackTo, labels, consoleLink } = value;
  return (
    <>
      <Heading title={domain} />
      <div class="buttons">
        {live && <Link href={`/domains/${domain}/try`}>Try it</Link>}
        <Link href={`/domains/${domain}/data`}>Images</Link>
        {live && <Link href={`/domains/${domain}/lineage`}>Lineage</Link>}
        {live && rollbackTo && <RollBack domain={domain} live={live} to={rollbackTo} />}
      </div>
      <dl class="figures">
        <div>
          <dt>Accuracy of what is live</dt>
          <dd>
            {live ? (
              <Accuracy
                accuracy={live.accuracy}
                interval={figures?.interval}
                baselineAccuracy={live.baselineAccuracy}
              />
            ) : (
              'nothing is live'
            )}
          </dd>
        </div>
        <div>
          <dt>General model</dt>
          <dd>{live ? `${live.model} ${live.version}` : '–'}</dd>
        </div>
        <div>
          <dt>Endpoint</dt>
          <dd>
            {endpoint === undefined ? (
              'none'
            ) : consoleLink ? (
              <a href={consoleLink} rel="noreferrer">
                {endpoint.name}
              </a>
            ) : (
              endpoint.name
            )}{' '}
            <span class="faint">{endpoint?.failureReason ?? endpoint?.status}</span>
          </dd>
        </div>
        <div>
          <dt>Requests in the last day</dt>
          <dd>{figures === undefined ? '…' : <Traffic figures={figures} />}</dd>
        </div>
        <div>
          <dt>Unsure about test images</dt>
          <dd>{figures?.unsure === undefined ? '–' : `${(figures.unsure * 100).toFixed(1)} %`}</dd>
        </div>
        <div>
          <dt>Training in 30 days</dt>
          <dd>
            {figures === undefined ? '…' : figures.cost === null ? 'unknown' : `$${figures.cost.toFixed(2)}`}
          </dd>
        </div>
      </dl>
      <p class="faint">Classes: {labels.join(', ')}</p>
      <section aria-labelledby="promotions">
        <h2 id="promotions">Promotions</h2>
        {promotions.length === 0 && <p>None yet.</p>}
        <ul class="plain">
          {promotions.map(({ execution, outcome, reason, at }) => (
            <li key={execution}>
              <Outcome of={outcome} />
              <Link href={`/promotions/${execution}/${domain}`}>
                <Moment at={at} />
              </Link>
              <span class="text">{reason}</span>
            </li>
          ))}
        </ul>
      </section>
      {champions.length > 0 && (
        <section aria-labelledby="champions">
          <h2 id="champions">
            What has been live <SparkLine values={champions.map(({ accuracy }) => accuracy).reverse()} />
          </h2>
          <ul class="plain">
            {champions.map(({ model, version, execution, accuracy, promotedAt, by }) => (
              <li key={promotedAt}>
                <b>{accuracy.toFixed(3)}</b>
                <Link href={`/promotions/${execution}/${domain}`}>
                  {model} <span class="id">{version}</span>
                </Link>
                <Moment at={promotedAt} />
                {by && <span class="faint">put back by {by}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

interface RollBackProps {
  domain: string;
  live: NonNullable<DomainDetails['live']>;
  to: NonNullable<DomainDetails['rollbackTo']>;
}

function RollBack({ domain, live, to }: RollBackProps) {
  const [, go] = useLocation();
  return (
    <Confirm
      label="Roll back …"
      tone="bad"
      title={`Roll ${domain} back?`}
      reason="may"
      act={async (reason) => {
        const started = await act<{ execution: string }>(
          `/api/domains/${domain}/rollback`,
          reason === '' ? {} : { reason },
        );
        go(`/promotions/${started.execution}/${domain}`);
      }}
    >
      <p>
        From {live.model} <span class="id">{live.version}</span> (accuracy {live.accuracy.toFixed(3)}) to{' '}
        {to.model} <span class="id">{to.version}</span> (accuracy {to.accuracy.toFixed(3)} when it was
        promoted on {to.promotedAt.slice(0, 10)}). Nothing is trained; the endpoint gets its earlier
        configuration and is asked about golden images.
      </p>
    </Confirm>
  );
}
