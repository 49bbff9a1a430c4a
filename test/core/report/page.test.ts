import { describe, expect, test } from 'vitest';
import { reportSchema } from '#core/contracts/report.ts';
import { SHOWN_CHAMPIONS, SHOWN_MISTAKES } from '#core/report/compose.ts';
import { escapeHtml, html } from '#core/report/html.ts';
import { renderReport } from '#core/report/page.ts';
import { evaluation, importedOrigin, manifest } from '../../functions/samples.ts';
import { hostileLabel, job, pixel, report, reportSource } from './sample.ts';

const sections = (page: string) => [...page.matchAll(/<(?:section|header) id="(\w+)"/g)].map(([, id]) => id);

describe('the report', () => {
  test('has the form that its schema says', () => {
    const made = report();

    expect(reportSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
    expect(() => reportSchema.parse({ ...made, colour: 1 })).toThrow(/colour/);
  });

  test('counts what the rows say', () => {
    const { transfer, baseline } = report().scores;

    expect(transfer).toMatchObject({ right: 40, testImages: 60, accuracy: 40 / 60 });
    expect(transfer!.interval.lower).toBeCloseTo(0.541, 3);
    expect(transfer!.interval.upper).toBeCloseTo(0.773, 3);
    expect(transfer!.recall.apple).toBeCloseTo(8 / 12, 9);
    expect(baseline!.confusion).toContainEqual({ truth: 'apple', prediction: 'banana', images: 6 });
    const counted = transfer!.confusion.reduce((sum, cell) => sum + cell.images, 0);
    expect(counted).toBe(60);
  });

  test('shows the most confident mistakes and says how many more there are', () => {
    const made = report({ evaluations: { transfer: evaluation('transfer', 0, 20) } });

    expect(made.misclassified.shown).toHaveLength(SHOWN_MISTAKES);
    expect(made.misclassified.total).toBe(40);
    expect(renderReport(made)).toContain('and 16 more');
    const confidences = report().misclassified.shown.map((row) => row.confidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
  });

  test('adds up what the jobs cost', () => {
    const { cost } = report();

    expect(cost.jobs[0]).toMatchObject({ pricePerHour: 0.204, cost: 0.204 / 20 });
    expect(cost.total).toBeCloseTo(0.0204, 9);
  });

  test.each([
    ['an instance type that is not in the list', job('baseline', { instanceType: 'ml.x9.huge' })],
    ['a job whose billable time is unknown', { ...job('baseline'), billableSeconds: undefined as never }],
  ])('says that the cost is unknown for %s, and never guesses', (_what, baseline) => {
    const made = report({ jobs: [job('transfer'), baseline] });

    expect(made.cost.total).toBeNull();
    expect(renderReport(made)).toMatch(/Together<\/th><td class="number"><b>unknown/);
  });

  test('says what spot training saved, where it was spot training', () => {
    const jobs = [job('transfer', { spot: true, seconds: 200, billableSeconds: 50 }), job('baseline')];
    const made = report({ jobs });

    expect(made.cost.jobs[0]).toMatchObject({ savedBySpot: 0.75, cost: (0.204 * 50) / 3600 });
    expect(made.cost.jobs[1]).not.toHaveProperty('savedBySpot');
    expect(renderReport(made)).toContain('(spot saved 75 %)');
  });

  test('does not pay twice for a baseline of an earlier promotion', () => {
    const made = report({
      jobs: [job('transfer'), job('baseline', { reusedFrom: 'promote-before', instanceType: 'ml.x9.huge' })],
    });

    expect(made.cost.total).toBeCloseTo(0.0102, 9);
    expect(renderReport(made)).toContain('reused from promote-before');
  });

  test('compares with the champion where it was scored', () => {
    const { evaluations } = reportSource();
    const champion = { version: '20261101T000000Z-aaaaaa', rows: evaluations.baseline!.rows };
    const page = renderReport(report({ champion }));

    expect(report({ champion }).scores.champion).toMatchObject({ accuracy: 0.5 });
    expect(page).toContain('Against live before');
    expect(page).toContain('<caption>Live before</caption>');
    expect(renderReport(report())).not.toContain('Live before</th>');
  });
});

describe('what a reader must not miss', () => {
  test('names the classes that got worse, and marks their rows', () => {
    const { evaluations } = reportSource();
    const rows = evaluations.baseline!.rows.map((row) =>
      row.truth === 'apple' ? { ...row, prediction: row.truth } : row,
    );
    const page = renderReport(report({ champion: { version: '20261101T000000Z-aaaaaa', rows } }));

    expect(page).toMatch(/1 class got worse<\/b> than the model that was live before: apple \(▼ −0\.333\)/);
    expect(page.match(/<tr class="worse"><th scope="row">/g)).toHaveLength(1);
    expect(page).toContain('<tr class="worse"><th scope="row">apple</th>');
    expect(renderReport(report())).not.toContain('got worse');
  });

  test('says on top that a promotion was forced, by whom and why, and again in the lineage', () => {
    const forced = { by: 'maria', reason: 'the fair is <b>tomorrow</b>' };
    const page = renderReport(report({ outcome: { ...reportSource().outcome, forced } }));

    const header = page.slice(page.indexOf('<header'), page.indexOf('</header>'));
    expect(header).toMatch(/Forced by maria<\/b>, although the gate said no: the fair is &lt;b&gt;tomorrow/);
    expect(page.slice(page.indexOf('id="lineage"'))).toContain('<dt>Forced by</dt>');
    expect(renderReport(report())).not.toContain('Forced by');
  });

  test('shows what the endpoint said about golden images, and first where it was not confirmed', () => {
    const row = (id: string) => ({ id, truth: 'apple', prediction: 'apple', confidence: 0.9 });
    const fine = { row: row('apple/1.png'), answer: { label: 'apple', probability: 0.9 } };
    const wrong = {
      ...{ row: row('apple/2.png'), answer: { label: hostileLabel, probability: 0.7 } },
      mismatch: `it says ${hostileLabel}`,
    };
    const golden = (answers: object[]) => {
      const known = {
        schemaVersion: 1,
        endpoint: 'graft-dev-produce',
        evaluationKey: 'k',
        images: 9,
      } as const;
      const page = renderReport(report({ golden: { ...known, answers: answers as (typeof fine)[] } }));
      return page.slice(page.indexOf('<section id="golden"'), page.indexOf('<section id="unsure"'));
    };

    expect(golden([fine])).toContain('✓ confirmed</b>: graft-dev-produce answers as the training job did');
    const refused = golden([fine, wrong]);
    expect(refused).toContain('✗ not confirmed</b>, at image 2 of 9: it says &lt;script&gt;');
    expect(refused.indexOf('apple/2.png')).toBeLessThan(refused.indexOf('apple/1.png'));
    expect(renderReport(report())).not.toContain('id="golden"');
  });

  test('names the file that an imported general model comes from', () => {
    const { lineage } = reportSource();
    const generalModel = manifest({ origin: importedOrigin });
    const page = renderReport(report({ lineage: { ...lineage, generalModel } }));

    const { name, sha256 } = importedOrigin.source;
    expect(page).toContain(
      `<dt>Imported from</dt><dd class="id">${name} (onnx, pytorch 2.9.0), SHA-256 ${sha256}`,
    );
    expect(page).toContain('<dt>Imported by</dt>');
    expect(page).not.toContain('Data set of the general model');
    expect(renderReport(report())).toContain('Data set of the general model');
  });

  test('is what a person decides by, and says who decided', () => {
    const { outcome } = reportSource();
    const asked = renderReport(report({ outcome: { ...outcome, outcome: 'AWAITING_APPROVAL' } }));
    expect(asked).toContain('>AWAITING_APPROVAL</span>');
    const approval = { approved: false, by: 'jo', comment: 'takes limes for lemons' };
    expect(renderReport(report({ outcome: { ...outcome, approval } }))).toContain(
      'Rejected by <b>jo</b>: takes limes for lemons',
    );
  });

  test('shows what has been live, newest first, and only so much of it', () => {
    const history = Array.from({ length: SHOWN_CHAMPIONS + 3 }, (_, n) => ({
      ...{ model: 'icons', version: `v${n}`, execution: `promote-${n}`, accuracy: n / 100 },
      ...{ promotedAt: '2026-11-01T10:00:00.000Z', rolledBack: n === 21 },
    }));
    const page = renderReport(report({ history }));

    const shown = [...page.matchAll(/icons\/v(\d+)<\/td><td class="number">(0\.\d+)/g)].map(([, n]) =>
      Number(n),
    );
    expect(shown).toEqual(Array.from({ length: SHOWN_CHAMPIONS }, (_, i) => SHOWN_CHAMPIONS + 2 - i));
    expect(page.match(/put back by a person/g)).toHaveLength(1);
  });

  test('links into the console of the account and region that it ran in, and nowhere from the local AWS', () => {
    const { lineage } = reportSource();
    const executionArn = 'arn:aws:states:eu-central-1:123456789012:execution:promote-model:promote-icons';
    const links = [
      ...renderReport(report({ lineage: { ...lineage, executionArn } })).matchAll(/href="(https:[^"]*)"/g),
    ].map(([, to]) => to);

    expect(links).toContain(
      'https://eu-central-1.console.aws.amazon.com/sagemaker/home?region=eu-central-1#/endpoints/graft-dev-produce',
    );
    expect(links).toContain(
      'https://eu-central-1.console.aws.amazon.com/s3/object/artifacts?region=eu-central-1&amp;prefix=promotions%2Fpromote-icons%2Fproduce%2Foutcome.json',
    );
    expect(renderReport(report())).not.toContain('href="https:');
  });
});

describe('the page', () => {
  test('has every section, in the order that a reader asks', () => {
    expect(sections(renderReport(report()))).toEqual([
      'headline',
      'gate',
      'accuracy',
      'training',
      'recall',
      'confusion',
      'mistakes',
      'unsure',
      'cost',
      'lineage',
    ]);
  });

  test('says how well images of none of the classes are noticed, and draws how far out they are', () => {
    const { unsure } = report().scores.transfer!;
    const page = renderReport(report());

    expect(unsure!.test.reduce((sum, count) => sum + count, 0)).toBe(60);
    // The threshold itself is not beyond it.
    expect(unsure!.test.slice(9, 11)).toEqual([5, 5]);
    expect(unsure!.other!.histogram.flatMap((count, i) => (count === 0 ? [] : [[i, count]]))).toEqual([
      [9, 1],
      [19, 1],
    ]);
    const section = page.slice(page.indexOf('<section id="unsure">'), page.indexOf('<section id="cost"'));
    expect(section).toMatch(/<b>0\.875<\/b> \(AUROC on 2 images of none and 60 test images/);
    expect(section).toMatch(/"unsure" about 0\.500 of them, and wrongly about 0\.083 of the 60 test images/);
    expect(section.match(/<rect /g)).toHaveLength(
      [...unsure!.test, ...unsure!.other!.histogram].filter((count) => count > 0).length,
    );
  });

  test('says that nothing was measured where the domain has no images of none of its classes', () => {
    const source = reportSource();
    const { transfer } = source.evaluations;
    const { other: _, ...unsure } = transfer!.unsure!;
    const page = renderReport(report({ evaluations: { transfer: { ...transfer!, unsure } } }));

    expect(page).toContain('was not measured: the domain has none in its folder other/');
    expect(page).not.toContain('AUROC');
  });

  test('has nothing to say about a model that knows no "unsure"', () => {
    const before = report({ evaluations: { transfer: evaluation('transfer', 10) } });

    expect(sections(renderReport(before))).not.toContain('unsure');
  });

  test('stands without what a promotion never got to', () => {
    const source = reportSource({ evaluations: {}, jobs: [] });
    const { gate: _, ...outcome } = source.outcome;
    const made = report({ ...source, outcome: { ...outcome, outcome: 'FAILED', reason: 'no images' } });

    expect(sections(renderReport(made))).toEqual(['headline', 'gate', 'cost', 'lineage']);
    expect(renderReport(made)).toContain('No training job was started');
  });

  test('shows a baseline alone, and a model without mistakes', () => {
    const { baseline } = reportSource().evaluations;
    expect(renderReport(report({ evaluations: { baseline } }))).toContain('not evaluated');
    const perfect = evaluation('transfer', 20);
    expect(renderReport(report({ evaluations: { transfer: perfect } }))).toContain(
      'every test image was recognised',
    );
  });

  test('escapes labels and ids wherever they stand', () => {
    const page = renderReport(report(), new Map([[`${hostileLabel}/00.png`, { dataUri: pixel }]]));

    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/<img(?! src="data:)/);
    expect(page).toContain('&lt;script&gt;');
  });

  test('needs nothing from anywhere else', () => {
    const page = renderReport(report(), new Map([['apple/00.png', { dataUri: pixel }]]));

    const attributes = [...page.matchAll(/<[^>]*?\s(?:src|href|action|data)="([^"]*)"/g)].map(
      ([, to]) => to!,
    );
    expect(attributes.length).toBeGreaterThan(0);
    expect(attributes.filter((to) => !to.startsWith('data:') && !to.startsWith('#'))).toEqual([]);
    expect(page.match(/<style>[\s\S]*<\/style>/)![0]).not.toMatch(/url\(|@import/);
  });

  test('marks the best step of both curves', () => {
    const page = renderReport(report());

    expect(page).toMatch(
      /With transfer learning: validation accuracy over 280 steps, best 0\.\d{3} at step 240/,
    );
    expect(page).toMatch(
      /Without transfer learning: validation accuracy over 280 steps, best 0\.\d{3} at step 240/,
    );
    expect(page.match(/>best 0\.\d{3} at step 240<\/text>/g)).toHaveLength(2);
  });

  test('draws a short training and a long one each over its own steps', () => {
    const source = reportSource();
    const { transfer, baseline } = source.evaluations;
    const short = {
      ...transfer!,
      curve: transfer!.curve.map((point, step) => ({ ...point, step })),
      bestStep: 14,
    };
    const page = renderReport(report({ evaluations: { transfer: short, baseline } }));

    const ends = [...page.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) =>
      Number(points!.split(' ').at(-1)!.split(',')[0]),
    );
    expect(ends).toHaveLength(2);
    expect(ends[0]).toBe(ends[1]);
  });

  test('lists the commonest mistakes where a matrix would be too large', () => {
    const labels = Array.from({ length: 31 }, (_, n) => `class ${n}`);
    const rows = labels.map((truth) => ({
      id: `${truth}/0.png`,
      truth,
      prediction: labels[0]!,
      confidence: 0.5,
    }));
    const page = renderReport(
      report({ evaluations: { transfer: evaluation('transfer', 0, 1, { labels, rows }) } }),
    );

    expect(page).toContain('31 classes are too many for a matrix');
    expect(page).not.toContain('class="matrix"');
  });
});

describe('html', () => {
  test('escapes text and leaves markup of its own', () => {
    const inner = html`<b>${'<&"\'>'}</b>`;

    expect(html`<p title="${'"x"'}">${[inner, 1, undefined]}</p>`.markup).toBe(
      '<p title="&quot;x&quot;"><b>&lt;&amp;&quot;&#39;&gt;</b>1</p>',
    );
    expect(escapeHtml('a & b')).toBe('a &amp; b');
  });
});

describe('what transfer chose', () => {
  const tried = [
    {
      features: 'map',
      places: 3,
      resize: 'cover' as const,
      regularisation: 3,
      step: 7,
      validationAccuracy: 0.7,
      validationLoss: 0.91,
      standardError: 0.03,
    },
    {
      features: 'vector',
      resize: 'stretch' as const,
      regularisation: 1,
      step: 19,
      validationAccuracy: 0.72,
      validationLoss: 0.87,
      standardError: 0.03,
    },
  ];
  const variantBudget = {
    asked: 12,
    limit: 'augmentation' as const,
    seconds: 90,
    millisecondsPerVariant: 4.2,
  };
  const choices = { variants: 12, variantBudget, folds: 5, validationImages: 60, chosen: tried[1]!, tried };
  const calibration = {
    temperature: 0.46,
    validation: { before: 0.31, after: 0.052 },
    test: { before: 0.296, after: 0.063 },
  };
  const sectionOf = (changes: Parameters<typeof evaluation>[3]) => {
    const page = renderReport(report({ evaluations: { transfer: evaluation('transfer', 20, 20, changes) } }));
    return page.match(/<section id="recipe">[\s\S]*?<\/section>/)?.[0];
  };

  test('says what was tried on held-out images, what was kept, and what calibration was worth', () => {
    const section = sectionOf({ choices, calibration });

    expect(section).toContain('60 held-out training images (5 folds, 12 variants each)');
    expect(section).toMatch(
      />1<\/td><td class="number">0\.720<\/td><td class="number">0\.870 ± 0\.030<\/td><td>chosen/,
    );
    expect(section).toMatch(
      />3<\/td><td class="number">0\.700<\/td><td class="number">0\.910 ± 0\.030<\/td><td><\/td>/,
    );
    expect(section).toContain('>map</th><td>3 × 3</td><td>centre cut out</td>');
    expect(section).toContain('>vector</th><td>one vector</td><td>stretched</td>');
    expect(section).toContain('One variant takes 4.2 ms; the recipe asks for 12 variants.');
    expect(section).toContain('temperature 0.460');
    expect(section).toMatch(/Test images<\/th><td class="number">0\.296<\/td><td class="number">0\.063/);
  });

  test.each([
    ['maxSeconds' as const, 'because 1 min 30 s of the job’s maxSeconds are for features'],
    ['maximumRows' as const, 'because the recipe’s maximumRows allows no more'],
  ])('says that %s allowed fewer variants', (limit, why) => {
    const fewer = { ...choices, variants: 2, variantBudget: { ...variantBudget, limit } };

    expect(sectionOf({ choices: fewer })).toContain(
      `The recipe asks for 12 variants of each image; there are 2, ${why}.`,
    );
  });

  test('is left out for evaluations of older versions, which say nothing about it', () => {
    expect(sectionOf({})).toBeUndefined();
  });
});
