/** @file Downloads of wheels, kept in a cache folder that several clones share. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors/user_error.js';
import type { Wheel } from './recipe.js';
import { formatBytes } from './requirements.js';
import { errorLine, runCommand } from './run_command.js';

const PARTIAL = '.partial-';

/** Name of a wheel's file in the cache. The hash in it makes it impossible to mistake one file for another. */
function cachedName({ name, version, sha256 }: Wheel): string {
  return `${name}-${version}-${sha256.slice(0, 16)}.whl`;
}

/** Where a wheel is or will be in the cache. */
export function cachedWheel(cacheDir: string, wheel: Wheel): string {
  return join(cacheDir, cachedName(wheel));
}

/** The wheels that are not in the cache yet. */
export function missingWheels(cacheDir: string, wheels: readonly Wheel[]): Wheel[] {
  return wheels.filter((wheel) => !existsSync(cachedWheel(cacheDir, wheel)));
}

/** Removes what killed downloads left behind. Only for the holder of the cache's lock. */
export async function clearPartialDownloads(cacheDir: string): Promise<void> {
  const names = (await readdir(cacheDir)).filter((name) => name.startsWith(PARTIAL));
  await Promise.all(names.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })));
}

/**
 * Downloads one wheel into the cache with pip, which checks its hash. A wheel is in the cache entirely or not at all.
 * @param python Command of a Python that has pip; its version does not matter.
 * @throws {UserError} when pip fails: no network, no such file, wrong hash.
 */
export async function downloadWheel(
  wheel: Wheel,
  cacheDir: string,
  python: string,
  log: (line: string) => void,
): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const partial = await mkdtemp(join(cacheDir, PARTIAL));
  try {
    log(`downloading ${wheel.name} ${wheel.version}`);
    const started = performance.now();
    const file = await pipDownload(wheel, partial, python);
    const { size } = await stat(file);
    await rename(file, cachedWheel(cacheDir, wheel));
    log(`downloaded ${wheel.name}: ${formatBytes(size)} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function pipDownload(wheel: Wheel, folder: string, python: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const pinned = `${wheel.name}==${wheel.version}`;
  await writeFile(requirements, `${pinned} --hash=sha256:${wheel.sha256}\n`);
  // Explicit tags, because the Python at hand need not be one that TensorFlow supports.
  const platforms = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'].flatMap((tag) => ['--platform', tag]);
  const target = [...platforms, '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
  const show = process.stdout.isTTY;
  const quiet = show ? [] : ['--progress-bar', 'off'];
  const { code, stderr } = await runCommand(
    python,
    ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', ...target, ...quiet].concat([
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      requirements,
      '--dest',
      folder,
    ]),
    { showOutput: show },
  );
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (code === 0 && file !== undefined) return join(folder, file);
  throw new UserError(`pip could not download ${pinned}`, {
    found: brokenConnection(stderr) ?? (errorLine(stderr) || `pip exit code ${code ?? 'none (killed)'}`),
    remedy:
      'Check the network and, behind a mirror or proxy, PIP_INDEX_URL and HTTPS_PROXY; then run npx rsd-setup again. ' +
      `Without any network: copy the folder of an earlier download and pass it with --cache (file ${cachedName(wheel)})`,
  });
}

/** Why pip lost the connection, if it did: its last word then is only that it found no such distribution. */
function brokenConnection(output: string): string | undefined {
  return /after connection broken by '(.*)':/.exec(output)?.[1]?.replace(/<.*?>:? ?/g, '');
}

/**
 * Checks a cached wheel against its hash.
 * @throws {UserError} when the file was damaged or replaced; the file is removed, so that the next run fetches it again.
 */
export async function verifyWheel(cacheDir: string, wheel: Wheel): Promise<void> {
  const file = cachedWheel(cacheDir, wheel);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const found = hash.digest('hex');
  if (found === wheel.sha256) return;
  await rm(file, { force: true });
  throw new UserError('the cached download was damaged and has been removed', {
    file,
    expected: `sha256 ${wheel.sha256}`,
    found,
    remedy: 'Run npx rsd-setup again',
  });
}
