import { Link } from 'wouter-preact';
import type { LineageStep } from '../../contracts/models.ts';
import { BackTo } from '../components/back-to.tsx';
import { Heading } from '../components/heading.tsx';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';

/** What a domain's endpoint was made from, down to the images, as a picture of what leads to what. */
export function LineagePage({ domain }: { domain: string }) {
  const { value, error } = useAsked<LineageStep>(`/api/domains/${domain}/lineage`);
  return (
    <>
      <Heading title={`Lineage of ${domain}`} />
      <BackTo domain={domain} />
      {error && <Problem error={error} />}
      {value && (
        <ul class="lineage">
          <Step step={value} />
        </ul>
      )}
    </>
  );
}

function Step({ step: { kind, name, details, href, from } }: { step: LineageStep }) {
  return (
    <li>
      <div class="step">
        <span class="faint">{kind}</span>
        <b class="id">{href === undefined ? name : <Link href={href}>{name}</Link>}</b>
        {details.map((detail) => (
          <span key={detail} class="id">
            {detail}
          </span>
        ))}
      </div>
      {from.length > 0 && (
        <ul>
          {from.map((each) => (
            <Step key={each.kind} step={each} />
          ))}
        </ul>
      )}
    </li>
  );
}
