/** @file Restores one picture from a program of your own: `npx tsx examples/restore.ts small.jpg large.png`. */
import { createRestorer, readModelFile, readPicture, writePng } from '../src/index.js';

const [input, output] = process.argv.slice(2);
if (!input || !output) throw new Error('usage: npx tsx examples/restore.ts INPUT OUTPUT.png');

const model = await readModelFile('models/tiny-student.safetensors');
const restorer = await createRestorer({ model, engine: { kind: 'compiled' } });
try {
  const { picture } = await readPicture(input);
  const start = performance.now();
  const restored = await restorer.restore(picture);
  await writePng(output, restored);
  console.log(`${restored.width} x ${restored.height} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
} finally {
  restorer.dispose();
}
