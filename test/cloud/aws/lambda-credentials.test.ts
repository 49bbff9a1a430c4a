import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '#cloud/aws/lambda-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

describe("a function's credentials", () => {
  it('are those of its environment, read anew each time', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIA1');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    const provide = defaultProvider();

    expect(await provide()).toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIA2');
    vi.stubEnv('AWS_SESSION_TOKEN', '');
    expect(await provide()).toEqual({ accessKeyId: 'ASIA2', secretAccessKey: 'secret' });
  });

  it('are looked for nowhere else', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');

    await expect(defaultProvider()()).rejects.toThrow(/AWS_ACCESS_KEY_ID .* not set/);
  });
});
