import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { Rows } from '../../contracts/domains.ts';
import type { ModelRow } from '../../contracts/models.ts';
import { Heading } from '../components/heading.tsx';
import { Pager, type Trail } from '../components/pager.tsx';
import { Problem } from '../components/problem.tsx';
import { useAsked } from '../use-asked.ts';

/** Versions of general models, the newest first. */
export function ModelsPage() {
  const trail = useSignal<Trail>([undefined]);
  const page = trail.value.at(-1);
  const query = page === undefined ? '' : `?${new URLSearchParams({ page })}`;
  const { value, error } = useAsked<Rows<ModelRow>>(`/api/models${query}`);
  return (
    <>
      <Heading title="General models" />
      {error && <Problem error={error} />}
      {value?.rows.length === 0 && (
        <p>There is none yet. Train or import one, and drop it with `graft push`.</p>
      )}
      {value && value.rows.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">General model</th>
              <th scope="col">Where it comes from</th>
              <th scope="col">Features</th>
              <th scope="col">Signature</th>
              <th scope="col">Storage</th>
              <th scope="col">What domains made of it</th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map((row) => (
              <Row key={`${row.model} ${row.version}`} row={row} />
            ))}
          </tbody>
        </table>
      )}
      <Pager trail={trail} next={value?.next} />
    </>
  );
}

function Row({ row }: { row: ModelRow }) {
  const { model, version, size, origin, features, agentVersion, signature, execution } = row;
  return (
    <tr>
      <th scope="row">
        {model} <span class="id">{version}</span>
      </th>
      <td data-name="Where it comes from">
        {origin ?? 'the upload is not complete'}
        {agentVersion && <span class="faint"> by graft {agentVersion}</span>}
      </td>
      <td data-name="Features">{features}</td>
      <td data-name="Signature" class="text">
        <span class={signature.valid ? '' : 'error'}>
          {signature.valid ? '✓' : '✗'} {signature.text}
        </span>
      </td>
      <td data-name="Storage">{(size / 1e6).toFixed(1)} MB</td>
      <td data-name="What domains made of it">
        <Link href={`/promotions/${execution}`}>its promotion</Link>
      </td>
    </tr>
  );
}
