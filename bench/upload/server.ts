/**
 * The local S3 alone, in a process of its own, whose address is its first line. Ends with its standard input.
 */
import { startLocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';

const local = await startLocalAws({ services: [createS3], state: process.argv[2]! });
console.log(local.endpoint);
process.stdin.resume().once('end', () => void local.stop());
