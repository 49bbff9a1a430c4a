/**
 * Imported first, for runs without Vitest: the functions' logger reads its level when it is made.
 */
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
