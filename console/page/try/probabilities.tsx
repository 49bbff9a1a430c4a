import type { PredictionResponse } from '#core/contracts/served-model.ts';

/** Labels that are shown. */
const LABELS = 10;

interface ProbabilitiesProps {
  answer: PredictionResponse;
  /** Which model says so, where there are several. */
  of?: string;
}

/** A model's answer: the label that it ranks first, all probabilities, and whether it is unsure. */
export function Probabilities({ answer, of }: ProbabilitiesProps) {
  const { predictions, unsure, outOfDomain } = answer;
  const Title = of === undefined ? 'h2' : 'h3';
  const more = predictions.length - LABELS;
  return (
    <>
      <Title>
        {of && <span class="faint">{of}: </span>}
        {predictions[0]!.label} {unsure && <span class="badge bad">unsure</span>}
      </Title>
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
