import { html } from './html.ts';

/**
 * Colours of Okabe and Ito (2008), which people with any kind of colour blindness can tell apart. Lines and
 * marks differ in form too, so that the page is readable in black and white.
 */
export const colours = {
  transfer: 'var(--report-transfer, #0072B2)',
  baseline: 'var(--report-baseline, #D55E00)',
  champion: 'var(--report-champion, #009E73)',
  text: 'var(--report-text, #1b1f24)',
  faint: 'var(--report-faint, #57606a)',
  rule: 'var(--report-rule, #d0d7de)',
  /** Behind texts that lie over lines. */
  paper: 'var(--report-paper, #fff)',
} as const;

/** Steps of a cell's colour in a confusion matrix. */
export const SHADES = 20;

/**
 * One hue from white to dark blue. Classes, since a strict content security policy allows no style
 * attributes.
 */
const shades = Array.from({ length: SHADES + 1 }, (_, step) => {
  const lightness = Math.round(97 - (62 * step) / SHADES);
  const colours = `background:hsl(206,${step === 0 ? 0 : 70}%,${lightness}%);color:${lightness < 52 ? '#fff' : '#1b1f24'}`;
  return html`.shade-${step}{${colours}}`;
});

/**
 * What the sections look like, in the report and in the console. The variables are the console's, for its
 * themes.
 */
export const sectionStyles = html`
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h3{font-size:1rem;margin:1rem 0 .35rem}
p{margin:.35rem 0}
code,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em;overflow-wrap:anywhere}
.faint{color:var(--report-faint,#57606a)}
.outcome{display:inline-block;padding:.1rem .6rem;border:2px solid currentColor;border-radius:.4rem;font-weight:700;letter-spacing:.03em}
.good{color:var(--report-good,#05603a)}.bad{color:var(--report-bad,#a40e26)}.neutral{color:var(--report-faint,#57606a)}
.figures{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.figure{flex:1 1 12rem;border:1px solid var(--report-rule,#d0d7de);border-radius:.5rem;padding:.75rem 1rem;break-inside:avoid}
.figure b{display:block;font-size:1.9rem;line-height:1.2;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.wide{width:100%}
td.any{overflow-wrap:anywhere;min-width:5rem}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--report-rule,#d0d7de)}
th{font-weight:600}
td.number,th.number{text-align:right}
td.number,td.result{white-space:nowrap}
.scroll{overflow-x:auto}
.matrices{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}
.matrix th,.matrix td{padding:.15rem .25rem;border:1px solid var(--report-paper,#fff);font-size:.85rem}
.matrix td{min-width:1.7rem;text-align:center;vertical-align:middle;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.matrix tbody th{text-align:right;font-weight:400;max-width:11rem;overflow-wrap:anywhere}
.matrix thead th{font-weight:400;vertical-align:bottom}
.matrix thead th span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:9rem;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.matrix td.diagonal{outline:2px solid var(--report-text,#1b1f24);outline-offset:-2px}
.pictures{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;margin:.5rem 0;padding:0}
.pictures li{width:8.5rem;border:1px solid var(--report-rule,#d0d7de);border-radius:.4rem;padding:.5rem;font-size:.8rem;line-height:1.35;break-inside:avoid;overflow-wrap:anywhere}
.pictures img,.pictures .missing{display:block;width:100%;height:6.5rem;object-fit:contain;background:var(--report-ground,#f6f8fa);margin-bottom:.35rem}
.pictures img{image-rendering:auto}
.pictures .missing{display:flex;align-items:center;justify-content:center;text-align:center;color:var(--report-faint,#57606a);padding:.25rem}
svg{display:block;width:100%;height:auto;max-width:34rem}
.panels{display:flex;flex-wrap:wrap;gap:1rem 2rem}
.panels figure{flex:1 1 20rem;max-width:34rem;margin:0;break-inside:avoid}
.panels figcaption{font-weight:600}
.notice{border-left:4px solid currentColor;padding:.35rem .75rem;background:var(--report-ground,#f6f8fa)}
.notice>*{color:var(--report-text,#1b1f24)}
tr.worse>*{background:var(--report-worse,#fff1f0)}
dl{display:grid;grid-template-columns:minmax(10rem,max-content) 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--report-faint,#57606a)}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:40rem){.figure{flex-basis:9rem}th,td{padding:.25rem .35rem}dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
${shades}
`;

/** No font, picture or file from elsewhere. */
export const styles = html`
*{box-sizing:border-box}
html{color-scheme:light}
body{margin:0 auto;padding:1.5rem;max-width:64rem;background:#fff;color:#1b1f24;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h2{font-size:1.15rem;margin:2.25rem 0 .5rem;padding-top:.75rem;border-top:1px solid #d0d7de}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.75rem 0;font-size:.9rem}
a{color:#0550ae}
@media(max-width:40rem){body{padding:1rem .75rem}}
@media print{nav{display:none}@page{margin:14mm}html{font-size:11px}body{padding:0;max-width:none;font-size:11px}.pictures li{width:9.5rem}h2{break-after:avoid}section,tr,svg{break-inside:avoid}section.long{break-inside:auto}.scroll{overflow:visible}}
${sectionStyles}
`;
