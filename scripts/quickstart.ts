/** @file `npm run quickstart`: distils the shipped tiny teacher on the shipped photos and shows what came of it. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createParser, parseArguments } from '../src/cli/arguments.js';
import { runMain } from '../src/cli/run_main.js';
import { loadRunConfig } from '../src/config/load.js';
import { parseDevice, selectDevice } from '../src/engine/device.js';

/** Large enough to see what became of the details, small enough for fifteen steps of the teacher on every photo. */
const CROP_SIDE = 256;

/** A file of the package, relative to the working directory. */
const shipped = (name: string): string => path.relative('', fileURLToPath(new URL(`../${name}`, import.meta.url)));

async function main(argv: string[]): Promise<number> {
  const parser = createParser(
    'npm run quickstart --',
    'Usage: $0 [options]\n\nDistils the shipped tiny teacher, then measures it, its student and bicubic on held-out photos.',
  )
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      out: { type: 'string', default: 'runs/quickstart', requiresArg: true, describe: 'run folder' },
      set: {
        type: 'string',
        array: true,
        default: [] as string[],
        requiresArg: true,
        describe: 'set a key of configs/quickstart.yaml, e.g. --set train.iterations=10; repeatable',
      },
      student: {
        type: 'string',
        default: shipped('models/tiny-student.safetensors'),
        requiresArg: true,
        describe: 'trained student to compare with',
      },
      device: { type: 'string', default: 'cpu', requiresArg: true, describe: 'cpu, cuda or cuda:N' },
    });
  const options = await parseArguments(parser, argv);
  if (!options) return 0;
  const { config } = await loadRunConfig('quickstart.yaml', options.set);
  const { growth, capMb } = config.engine.memory;
  selectDevice(parseDevice(options.device), { growth, capMb, deterministic: config.engine.deterministic });
  // TensorFlow looks at the selected device when it is first imported.
  const { quickstart } = await import('./quickstart/run.js');
  const { exitCode } = await quickstart({
    config,
    out: options.out,
    shippedStudent: options.student,
    stLpips: shipped('models/st-lpips-alex.safetensors'),
    cropSide: CROP_SIDE,
    print: console.log,
  });
  return exitCode;
}

await runMain(main, process.argv.slice(2));
