import { runCli } from './cli.ts';
import { processIo } from './io.ts';

// Not process.exit(): an interrupted upload still tells S3 to drop its parts, and pipes are still written.
process.exitCode = await runCli(process.argv.slice(2), processIo());
