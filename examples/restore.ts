/** @file Restores pictures from a program of your own: `npx tsx examples/restore.ts small.jpg large.png`. */
import { writeFile } from 'node:fs/promises';
import { createRestorer, loadModel, restore } from '../src/index.js';

const [input, output] = process.argv.slice(2);
if (!input || !output) throw new Error('usage: npx tsx examples/restore.ts INPUT OUTPUT.png');

// The model is loaded once; `restore(input, { weights: 'models/tiny-student.safetensors' })` loads it for one call.
const model = await loadModel({ weights: 'models/tiny-student.safetensors' });
const restorer = await createRestorer({ model, engine: { kind: 'compiled' } });
try {
  // A file to a file: metadata, transparency and 16 bits are kept as far as the format holds them.
  const start = performance.now();
  await writeFile(output, await restore(input, { restorer, format: 'png' }));
  console.log(`${output}: ${((performance.now() - start) / 1000).toFixed(1)} s`);

  // Pixels to pixels: a grey ramp.
  const ramp = {
    width: 32,
    height: 16,
    channels: 1,
    data: Uint8Array.from({ length: 512 }, (_, i) => (i % 32) * 8),
  } as const;
  const { width, height, channels } = await restore(ramp, { restorer });
  console.log(`ramp: ${width} x ${height}, ${channels} channel`);
} finally {
  restorer.dispose();
}
