import type { PredictionResponse } from '#core/contracts/served-model.ts';

/** Labels that are shown. */
const LABELS = 10;

/** A model's answer: the label that it ranks first, all probabilities, and whether it is unsure. */
export function Probabilities({ answer }: { answer: PredictionResponse }) {
  const { predictions, unsure, outOfDomain } = answer;
  const more = predictions.length - LABELS;
  return (
    <>
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
    </>
  );
}
