// A local S3 in a process of its own, for a test that kills it: prints its endpoint, then waits.
import { createHost } from '../../src/host.ts';
import { createS3 } from '../../src/services/s3/index.ts';

const local = await createHost({ services: [createS3], state: process.argv[2] as string, port: 0 });
await local.open();
console.log(local.endpoint);
