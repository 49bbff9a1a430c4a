/**
 * Imported first where the tests' shared processes are not: the functions' logger reads its level when it is
 * made.
 */
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
