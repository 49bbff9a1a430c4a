import { useSession } from '../session.ts';

/** The same question to the REST API, for programs. */
export function CurlLine({ domain, image }: { domain: string; image: File }) {
  const { apiUrl } = useSession();
  if (apiUrl === undefined) return null;
  const line = [
    "curl -H 'x-api-key: YOUR-KEY'",
    `-H 'content-type: ${image.type}'`,
    `--data-binary '@${image.name.replaceAll("'", "'\\''")}'`,
    `${apiUrl.replace(/\/$/, '')}/domains/${domain}/predictions`,
  ].join(' \\\n  ');
  return (
    <section aria-labelledby="curl">
      <h2 id="curl">The same from a program</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus. */}
      <pre tabIndex={0}>{line}</pre>
      <button type="button" onClick={() => void navigator.clipboard.writeText(line)}>
        Copy
      </button>
    </section>
  );
}
