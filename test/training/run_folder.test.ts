/** @file One live run a folder, and a config that fits the checkpoints in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { ownIdentity } from '../../src/training/process_identity.js';
import { RunFolder, runPaths } from '../../src/training/run_folder.js';
import { temporaryFolder } from './temporary_folder.js';

const anyConfig = (): void => undefined;

async function newRoot(): Promise<string> {
  return path.join(await temporaryFolder(), 'runs', 'first');
}

async function rootWithLock(holder: unknown): Promise<string> {
  const root = await newRoot();
  await mkdir(root, { recursive: true });
  await writeFile(runPaths(root).lock, typeof holder === 'string' ? holder : JSON.stringify(holder));
  return root;
}

test('makes the folder with its config and gives it up again', async () => {
  const root = await newRoot();
  const run = await RunFolder.open(root, 'seed: 1\n', anyConfig);
  expect((await readdir(root)).sort()).toEqual(['checkpoints', 'config.yaml', 'images', 'run.lock']);
  expect(await readFile(run.paths.config, 'utf8')).toBe('seed: 1\n');
  expect(run.configHash).toMatch(/^[0-9a-f]{64}$/);
  run.release();
  expect(existsSync(run.paths.lock)).toBe(false);
});

test('a folder in use is refused, and free after release', async () => {
  const root = await newRoot();
  const run = await RunFolder.open(root, 'seed: 1\n', anyConfig);
  await expect(RunFolder.open(root, 'seed: 1\n', anyConfig)).rejects.toThrow(/in use.*process \d+/);
  run.release();
  (await RunFolder.open(root, 'seed: 1\n', anyConfig)).release();
});

test('the lock of another process holds while it lives and is taken over after', async () => {
  const other = spawn('sleep', ['60']);
  onTestFinished(() => void other.kill('SIGKILL'));
  await once(other, 'spawn');
  const root = await rootWithLock({ pid: other.pid, host: hostname() });
  await expect(RunFolder.open(root, '', anyConfig)).rejects.toThrow(UserError);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const run = await RunFolder.open(root, '', anyConfig);
  expect(JSON.parse(await readFile(run.paths.lock, 'utf8'))).toMatchObject({ pid: process.pid });
  expect((await readdir(root)).filter((name) => name.startsWith('run.lock'))).toEqual(['run.lock']);
  run.release();
});

test.runIf(ownIdentity().started !== undefined)(
  'a number given to a later process does not hold the lock',
  async () => {
    const root = await rootWithLock({ pid: process.pid, started: '1', host: hostname() });
    (await RunFolder.open(root, '', anyConfig)).release();
  },
);

test('a torn lock is taken over, one of another machine is not', async () => {
  (await RunFolder.open(await rootWithLock('{"pid": 12'), '', anyConfig)).release();
  const root = await rootWithLock({ pid: 1, host: `${hostname()}-other` });
  await expect(RunFolder.open(root, '', anyConfig)).rejects.toThrow(/another machine.*delete this file/);
});

test('release leaves a lock that somebody else took meanwhile', async () => {
  const run = await RunFolder.open(await newRoot(), '', anyConfig);
  await writeFile(run.paths.lock, 'somebody else');
  run.release();
  expect(await readFile(run.paths.lock, 'utf8')).toBe('somebody else');
});

test('configs are compared once there are checkpoints', async () => {
  const root = await newRoot();
  const compare = vi.fn();
  const reopen = async (config: string): Promise<void> => {
    (await RunFolder.open(root, config, compare)).release();
  };
  await reopen('seed: 1\n');
  await mkdir(path.join(runPaths(root).checkpoints, 'iteration-00000010.tmp-1'));
  await reopen('seed: 2\n');
  expect(compare).not.toHaveBeenCalled();

  await mkdir(path.join(runPaths(root).checkpoints, 'iteration-00000010'));
  await reopen('seed: 2\n');
  expect(compare).not.toHaveBeenCalled();
  await reopen('seed: 3\n');
  expect(compare.mock.calls).toEqual([['seed: 2\n', 'seed: 3\n']]);
  expect(await readFile(runPaths(root).config, 'utf8')).toBe('seed: 3\n');
});

test('a config that cannot go on leaves the folder as it was, and free', async () => {
  const root = await newRoot();
  (await RunFolder.open(root, 'seed: 1\n', anyConfig)).release();
  await mkdir(path.join(runPaths(root).checkpoints, 'iteration-00000010'));
  const refuse = (): void => {
    throw new UserError('the run cannot go on', { key: 'seed', expected: '1', found: '2' });
  };
  await expect(RunFolder.open(root, 'seed: 2\n', refuse)).rejects.toThrow('seed: the run cannot go on');
  expect(await readFile(runPaths(root).config, 'utf8')).toBe('seed: 1\n');
  expect(existsSync(runPaths(root).lock)).toBe(false);
  await rm(runPaths(root).config);
  await expect(RunFolder.open(root, 'seed: 1\n', anyConfig)).rejects.toThrow(/cannot be read.*put it back/);
});
