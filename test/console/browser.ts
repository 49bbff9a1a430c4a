import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { repository } from '../../scripts/fingerprint.ts';

const program = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** Why tests in a browser are skipped, for their names; empty where there is one. */
export const whyNot = program === undefined ? ' (skipped: no chromium is installed)' : '';

/** Pictures of the pages, which git ignores. */
const pictures = join(repository, '.build', 'console-pictures');

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const THEMES = ['light', 'dark'] as const;
export const WIDTHS = { wide: 1280, phone: 390 } as const;

export function launchBrowser(): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({
    executablePath: spawnSync('which', [program!], { encoding: 'utf8' }).stdout.trim(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** A page that hears of everything it should not do: requests to elsewhere, errors, what its policy stops. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width: WIDTHS.wide, height: 900 }, bypassCSP: false });
  const wrong: string[] = [];
  const { origin } = new URL(url);
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== origin)
      wrong.push(request.url());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  await page.goto(url);
  return { page, wrong };
}

/** What axe finds serious or critical, in both themes; keeps pictures of the page in both, at two widths. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [size, width] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${name} is wider than ${width} pixels`).toBeLessThanOrEqual(0);
    }
    expect(await seriousFindings(page), `${name}, ${colorScheme}`).toEqual([]);
  }
  await page.setViewportSize({ width: WIDTHS.wide, height: 900 });
}

/** Violations of axe's rules, with where they are. */
async function seriousFindings(page: Page): Promise<string[]> {
  // Through the debugger, past the page's policy, which allows no script from elsewhere.
  await page.evaluate(await import('node:fs').then(({ readFileSync }) => readFileSync(axe, 'utf8')));
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
  });
}
