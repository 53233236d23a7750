/** @file The tfjs-node package's own installer: an older TensorFlow, but also for platforms without a wheel. */
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.js';
import { loadedVersion } from './native_parts.js';
import { removeStamps, writeStamps } from './installation.js';
import { lastLine, runCommand } from './run_command.js';

const INSTALLED_PROGRAMS = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

/**
 * Runs the package's installer, which downloads TensorFlow 2.9.1 and a prebuilt binding.
 * @param cuda The CUDA 11.2 build instead of the CPU one.
 * @throws {UserError} when its file host cannot be reached or has nothing for this platform.
 */
export async function installStock(packageDir: string, cuda: boolean, log: (line: string) => void): Promise<void> {
  log(`running the package's own installer (${cuda ? 'CUDA 11.2' : 'CPU'}, TensorFlow 2.9.1)`);
  await removeStamps(packageDir);
  const path = [INSTALLED_PROGRAMS, process.env['PATH'] ?? ''].join(delimiter);
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    [join('scripts', 'install.js'), cuda ? 'gpu' : 'cpu', 'download'],
    { cwd: packageDir, env: { ...process.env, PATH: path } },
  );
  try {
    // The installer reports success even when the download failed.
    const version = await loadedVersion(packageDir);
    await writeStamps(packageDir, { variant: 'stock', version });
    log(`TensorFlow ${version} is ready`);
  } catch (error) {
    throw new UserError(
      "the package's own installer failed",
      {
        found: lastLine(stderr) || lastLine(stdout) || `exit code ${code ?? 'none'}`,
        remedy: 'It needs to reach storage.googleapis.com; on Linux x64 use npx rsd-setup without --stock',
      },
      { cause: error },
    );
  }
}
