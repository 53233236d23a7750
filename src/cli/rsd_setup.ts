/** @file `rsd-setup`: provides what npm cannot, the native TensorFlow and the weights of the perceptual metric. */
import { fileURLToPath } from 'node:url';
import { nativePackageFolder } from '../engine/library.js';
import { UserError } from '../errors/user_error.js';
import { cacheFolder } from '../files/cache_folder.js';
import { installedStamp, type Stamp } from '../setup/installation.js';
import { withLock } from '../setup/lock.js';
import { recipeFor } from '../setup/recipe.js';
import { setUp } from '../setup/set_up.js';
import { installStock } from '../setup/stock.js';
import { createParser, parseArguments } from './arguments.js';

/** Where run files look for the weights of perceptual metrics. */
const WEIGHTS = fileURLToPath(new URL('../../weights', import.meta.url));

const USAGE = `$0 [options]

Installs the native TensorFlow that TensorFlow.js runs on: fetches the Python wheel with pip, takes the libraries from it
and builds the small binding with the C++ compiler. Does nothing when that is done already; may be interrupted and run again.

--cuda takes the CUDA 12.5 build and NVIDIA's libraries as well. The recipe was worked out from the files of these wheels
and has not been run on a GPU: check it with rsd-doctor.`;

interface Options {
  cuda: boolean;
  stock: boolean;
  perceptual: boolean;
  cache: string;
  force: boolean;
}

function parse(argv: string[]): Promise<Options | undefined> {
  const parser = createParser('rsd-setup', USAGE).options({
    cuda: { type: 'boolean', default: false, describe: 'the build for NVIDIA GPUs' },
    stock: {
      type: 'boolean',
      default: false,
      describe:
        "the package's own installer (TensorFlow 2.9.1, CUDA 11.2): needs no Python or compiler but its file host",
    },
    perceptual: { type: 'boolean', default: false, describe: 'also the weights of the perceptual metric' },
    cache: { type: 'string', default: cacheFolder(), describe: 'folder that keeps the downloads' },
    force: { type: 'boolean', default: false, describe: 'install again, whatever is there' },
  });
  return parseArguments(parser, argv);
}

/** Whether an installation is what was asked for. Without `--cuda` or `--stock` any will do. */
function isWanted({ variant }: Stamp, { cuda, stock, force }: Options): boolean {
  if (force) return false;
  if (stock) return variant === 'stock';
  return !cuda || variant === 'cuda';
}

async function provideTensorFlow(options: Options, log: (line: string) => void): Promise<void> {
  const packageDir = nativePackageFolder();
  const accept = (stamp: Stamp): boolean => isWanted(stamp, options);
  const installed = installedStamp(packageDir);
  if (installed && accept(installed)) {
    log(`TensorFlow ${installed.version} (${installed.variant}) is installed; nothing to do`);
    return;
  }
  const started = performance.now();
  if (options.stock) {
    await withLock(packageDir, log, () => installStock(packageDir, options.cuda, log));
  } else {
    const recipe = recipeFor(options.cuda ? 'cuda' : 'cpu');
    await setUp({ recipe, packageDir, cacheDir: options.cache, accept, log });
  }
  log(`TensorFlow is ready after ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Rewords what the operating system refuses. */
function explainSystemError(error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: 'no permission to write here',
    EPERM: 'no permission to write here',
    EROFS: 'this file system is read-only',
    ENOSPC: 'the disk is full',
  };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) return error;
  return new UserError(reason, { file: path, remedy: 'Mend that and run npx rsd-setup again' }, { cause: error });
}

/** Entry point; see `--help`. */
export async function main(argv: string[]): Promise<number> {
  const options = await parse(argv);
  if (!options) return 0;
  const log = (line: string): void => void process.stdout.write(`rsd-setup: ${line}\n`);
  try {
    await provideTensorFlow(options, log);
    if (options.perceptual) {
      const { fetchPerceptual } = await import('../setup/perceptual.js');
      log(`perceptual weights: ${await fetchPerceptual(WEIGHTS, log)}`);
    }
  } catch (error) {
    throw explainSystemError(error);
  }
  return 0;
}
