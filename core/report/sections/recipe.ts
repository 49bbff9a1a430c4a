import type { Calibration, Choices, Tried, VariantBudget } from '../../contracts/evaluation.ts';
import type { Report } from '../../contracts/report.ts';
import { duration, plural, share } from '../format.ts';
import { type Html, html } from '../html.ts';

/** What transfer chose by its validation images, and how reliable its probabilities are. */
export function recipe({ scores }: Report): Html | undefined {
  const { choices, calibration } = scores.transfer ?? {};
  if (choices === undefined && calibration === undefined) return undefined;
  return html`<section id="recipe">
<h2>What transfer learning chose</h2>
${choices && chosen(choices)}
${calibration && calibrated(calibration)}
</section>`;
}

function chosen({ variants, variantBudget, folds, validationImages, chosen, tried }: Choices): Html {
  const how = folds === 1 ? 'a single hold-out' : plural(folds, 'fold');
  return html`<p>On ${plural(validationImages, 'held-out training image')} (${how}, ${plural(variants, 'variant')} each). What has the lowest loss on them is kept.</p>
${variantBudget && variantsDecided(variantBudget, variants)}
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Features</th><th scope="col">Places</th><th scope="col">Images</th><th scope="col" class="number">Regularisation</th><th scope="col" class="number">Validation accuracy</th><th scope="col" class="number">Validation loss</th><th scope="col"></th></tr></thead>
<tbody>${tried.map(
    (one) =>
      html`<tr><th scope="row">${one.features}</th><td>${placesOf(one)}</td><td>${RESIZED[one.resize]}</td><td class="number">${one.regularisation}</td><td class="number">${share(one.validationAccuracy)}</td><td class="number">${share(one.validationLoss)} ± ${share(one.standardError)}</td><td>${one.step === chosen.step ? 'chosen' : ''}</td></tr>
`,
  )}</tbody></table></div>`;
}

const RESIZED = { stretch: 'stretched', cover: 'centre cut out', contain: 'whole, with borders' };

const placesOf = ({ places }: Tried) => (places === undefined ? 'one vector' : `${places} × ${places}`);

function variantsDecided({ asked, limit, seconds, millisecondsPerVariant }: VariantBudget, variants: number) {
  const speed = `One variant takes ${millisecondsPerVariant.toFixed(1)} ms`;
  if (variants >= asked) return html`<p>${speed}; the recipe asks for ${plural(asked, 'variant')}.</p>`;
  const why =
    limit === 'maxSeconds'
      ? `${duration(seconds)} of the job’s maxSeconds are for features`
      : `the recipe’s ${limit} allows no more`;
  return html`<p>${speed}. The recipe asks for ${plural(asked, 'variant')} of each image; there are ${variants}, because ${why}.</p>`;
}

function calibrated({ temperature, validation, test }: Calibration): Html {
  return html`<h3>Calibration</h3>
<p>Logits are divided by the temperature ${share(temperature)}, so that a confidence means the share of such answers that are right.</p>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Expected calibration error</th><th scope="col" class="number">Before</th><th scope="col" class="number">After</th></tr></thead>
<tbody><tr><th scope="row">Held-out training images</th><td class="number">${share(validation.before)}</td><td class="number">${share(validation.after)}</td></tr>
<tr><th scope="row">Test images</th><td class="number">${share(test.before)}</td><td class="number">${share(test.after)}</td></tr></tbody></table></div>`;
}
