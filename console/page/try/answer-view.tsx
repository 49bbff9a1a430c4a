import type { Tried } from '../../contracts/prediction.ts';
import { Probabilities } from './probabilities.tsx';

/** What the endpoint says, and where the time went. */
export function AnswerView({ tried }: { tried: Tried & { totalMs: number } }) {
  const { answer, endpointMs, totalMs } = tried;
  const { model, version } = answer.general;
  return (
    <section aria-label="Answer">
      <Probabilities answer={answer} />
      <p class="faint">
        {Math.round(totalMs)} ms in all, {Math.round(endpointMs)} ms of them from this console to the endpoint
        and back. General model {model} {version}.
      </p>
    </section>
  );
}
