// For engines that use HEALTHCHECK (SageMaker asks /ping itself): whether the endpoint in this container
// answers. A training job does not listen; it is healthy while its process runs.
import { readFileSync } from 'node:fs';

const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
if (words.includes('serve')) {
  const port = process.env.GRAFT_PORT ?? process.env.SAGEMAKER_BIND_TO_PORT ?? '8080';
  const answer = await fetch(`http://127.0.0.1:${port}/ping`).catch((error) => error);
  if (!answer.ok) {
    console.error(answer.message ?? `/ping answers ${answer.status}`);
    process.exitCode = 1;
  }
}
