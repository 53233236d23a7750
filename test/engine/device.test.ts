import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseDevice } from '../../src/engine/device.js';
import { UserError } from '../../src/errors/user_error.js';

const run = promisify(execFile);

describe('parseDevice', () => {
  it('knows cpu, cuda and cuda:N', () => {
    expect(parseDevice('cpu')).toEqual({ kind: 'cpu' });
    expect(parseDevice('cuda')).toEqual({ kind: 'cuda', index: 0 });
    expect(parseDevice('cuda:3')).toEqual({ kind: 'cuda', index: 3 });
  });

  it('names what it expects', () => {
    expect(() => parseDevice('gpu')).toThrow(UserError);
    expect(() => parseDevice('cuda:x')).toThrow(/expected cpu, cuda or cuda:N; found cuda:x/);
  });
});

describe('selectDevice', () => {
  // TensorFlow chooses its devices once a process, so each case needs one of its own.
  const tryDevice = async (kind: string, env: Record<string, string> = {}): Promise<string> => {
    const code = `
      const { selectDevice, parseDevice } = await import('./src/engine/device.ts');
      selectDevice(parseDevice('cuda:0'));
      const { createEngine } = await import('./src/engine/engine.ts');
      createEngine({ kind: '${kind}' });
      console.log('runs on CUDA');`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', code];
    const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env } });
    return stdout;
  };

  it.each(['compiled', 'eager'])('never falls back to the CPU when CUDA is asked for (%s)', async (kind) => {
    // With all GPUs hidden the library behaves as on a machine without one.
    await expect(tryDevice(kind, { CUDA_VISIBLE_DEVICES: '-1' })).rejects.toThrow(/hidden by CUDA_VISIBLE_DEVICES/);
  });

  it.each(['compiled', 'eager'])('says so when no usable GPU is found (%s)', async (kind) => {
    // Index 99 exists on no machine, so this holds with and without GPUs.
    await expect(tryDevice(kind, { CUDA_VISIBLE_DEVICES: '99' })).rejects.toThrow(/no usable CUDA device was found/);
  });
});
