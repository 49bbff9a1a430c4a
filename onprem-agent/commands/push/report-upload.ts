import type { Output } from '../../cli/output.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import type { UploadResult } from '../../spool/result.ts';

/**
 * Says what an upload did.
 *
 * @param next a sentence about what it starts
 * @returns fields of the command's result
 */
export function reportUpload(output: Output, uploaded: UploadResult, next: string): Record<string, unknown> {
  const { id, uri, bucket, model, version, committed, signedAgain, bytes, files } = uploaded;
  if (uploaded.otherSignature) {
    output.warn(
      {},
      `${model} ${version} is in the bucket with the signature of another key, which stays: with --stack it is known which one is trusted`,
    );
  }
  output.note('pushed', { files }, textOf(uploaded, next));
  return { command: 'push', id, uri, bucket, model, version, committed, signedAgain, bytes };
}

function textOf(uploaded: UploadResult, next: string): string {
  const { model, version, committed, signedAgain, bytes, files } = uploaded;
  const what = `${model} ${version}`;
  if (signedAgain) {
    return `${what} had been pushed before with a signature that is not trusted: it is replaced. ${next}`;
  }
  if (!committed) return `${what} had been pushed before, with the same content: nothing to do.`;
  return `${Object.keys(files).length} files, ${formatAmount(bytes, 'B')}, signed, checksummed. ${next}`;
}
