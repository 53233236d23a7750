/** @file The tfjs-node package's own installer: an older TensorFlow, but also for platforms without a wheel. */
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors/user_error.js';
import { activate, clearStaging, createStaging, moveParts, writeStamps } from './installation.js';
import { loadedVersion } from './native_parts.js';
import { errorLine, runCommand } from './run_command.js';

const INSTALLED_PROGRAMS = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

/**
 * Runs the package's installer, which downloads TensorFlow 2.9.1 and a prebuilt binding. Only for the holder of the
 * package's lock. What is installed now comes back if that fails.
 * @param cuda The CUDA 11.2 build instead of the CPU one.
 * @throws {UserError} when its file host cannot be reached or has nothing for this platform.
 */
export async function installStock(packageDir: string, cuda: boolean, log: (line: string) => void): Promise<void> {
  await clearStaging(packageDir);
  const aside = await createStaging(packageDir);
  try {
    await moveParts(packageDir, aside);
    log(`running the package's own installer (${cuda ? 'CUDA 11.2' : 'CPU'}, TensorFlow 2.9.1)`);
    const version = await runInstaller(packageDir, cuda);
    await writeStamps(packageDir, { variant: 'stock', version });
  } catch (error) {
    await activate(aside, packageDir);
    throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Answers the version of TensorFlow that then loads. */
async function runInstaller(packageDir: string, cuda: boolean): Promise<string> {
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    [join('scripts', 'install.js'), cuda ? 'gpu' : 'cpu', 'download'],
    { cwd: packageDir, env: { ...process.env, PATH: [INSTALLED_PROGRAMS, process.env['PATH'] ?? ''].join(delimiter) } },
  );
  try {
    // The installer reports success even when only half of it worked.
    return await loadedVersion(packageDir);
  } catch (error) {
    throw new UserError(
      "the package's own installer failed",
      {
        found: errorLine(stderr) || errorLine(stdout) || `exit code ${code ?? 'none'}`,
        remedy: 'It needs to reach storage.googleapis.com; on Linux x64 use npx rsd-setup without --stock',
      },
      { cause: error },
    );
  }
}
