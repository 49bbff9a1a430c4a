/** Texts and files in the forms that AWS's services write and read. */
export { initLine, reportLine, startLine } from './services/lambda/report.ts';
export { embeddedMetrics } from './services/logs/embedded-metrics.ts';
export { packFolder, unpack } from './services/sagemaker/archive.ts';
export { readTemplateFile, readTemplateText } from './template/template.ts';
