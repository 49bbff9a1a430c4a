import type { SpooledModel } from '#core/contracts/agent-status.ts';
import { duration } from '#core/report/format.ts';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { bytesText } from './bytes-text.ts';

const UNDER_WAY = new Set<SpooledModel['state']>(['uploading', 'trying']);

/** The spool of an agent: what is under way on top, then the queue in its order. */
export function SpoolTable({ spool }: { spool: readonly SpooledModel[] }) {
  const rows = [...spool].sort(
    (one, other) => Number(UNDER_WAY.has(other.state)) - Number(UNDER_WAY.has(one.state)),
  );
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">State</th>
          <th scope="col">Arrived</th>
          <th scope="col">Size</th>
          <th scope="col">To</th>
          <th scope="col">Spooled</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: SpooledModel }) {
  const { model, version, state, bytes, done, rate, destination, spooledAt, reason, hint } = row;
  const left = done !== undefined && rate ? duration((bytes - done) / rate) : undefined;
  return (
    <tr>
      <th scope="row">
        {model} <span class="id">{version}</span>
      </th>
      <td data-name="State">
        <Outcome of={state} />
      </td>
      <td data-name="Arrived">
        {done !== undefined && (
          <>
            <meter aria-label={`${model} ${version}, arrived`} max={Math.max(1, bytes)} value={done} />{' '}
            {Math.floor((100 * done) / Math.max(1, bytes))} %, {bytesText(rate ?? 0)}/s
            {left && <span class="faint">, {left} left</span>}
          </>
        )}
      </td>
      <td data-name="Size">{bytesText(bytes)}</td>
      <td data-name="To">{destination}</td>
      <td data-name="Spooled">
        <Moment at={spooledAt} />
      </td>
      <td data-name="Why" class="text">
        {reason && (
          <>
            {reason} <span class="faint">{hint}</span>
          </>
        )}
      </td>
    </tr>
  );
}
