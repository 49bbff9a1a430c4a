import { Link } from 'wouter-preact';

/** The way from a page about part of a domain to the domain. */
export function BackTo({ domain }: { domain: string }) {
  return (
    <p>
      <Link href={`/domains/${domain}`}>← {domain}</Link>
    </p>
  );
}
