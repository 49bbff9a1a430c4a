import type { Tried } from '../../contracts/prediction.ts';

/** Labels that are shown. */
const LABELS = 10;

/** What the model says, how sure it is, and where the time went. */
export function AnswerView({ tried }: { tried: Tried & { totalMs: number } }) {
  const { answer, endpointMs, totalMs } = tried;
  const { predictions, unsure, outOfDomain, general } = answer;
  const more = predictions.length - LABELS;
  return (
    <section aria-label="Answer">
      <h2>
        {predictions[0]!.label} {unsure && <span class="badge bad">unsure</span>}
      </h2>
      <table class="bars">
        <tbody>
          {predictions.slice(0, LABELS).map(({ label, probability }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>
                <meter min={0} max={1} value={probability} aria-label={label} />
              </td>
              <td class="number">{probability.toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p class="faint">and {more} more labels</p>}
      {outOfDomain !== undefined && (
        <p>
          Out of domain: <b>{outOfDomain.toFixed(3)}</b>{' '}
          <span class="faint">unsure above 0.5: then it is like none of the classes</span>
        </p>
      )}
      <p class="faint">
        {Math.round(totalMs)} ms in all, {Math.round(endpointMs)} ms of them from this console to the endpoint
        and back. General model {general.model} {general.version}.
      </p>
    </section>
  );
}
