/** @file What TensorFlow's optimiser makes of the networks on the CPU: activations run inside the product before them. */
import { expect, it } from 'vitest';
import { traceRuns } from '../../bench/run_trace.js';

// Before the engine's modules are loaded: they keep the entry point.
const takeTrace = traceRuns();
const { createEngine } = await import('../../src/engine/engine.js');
const { unet } = await import('../../src/nn/unet.js');
const { unetSpecs } = await import('../../src/nn/unet_specs.js');
const { freshParams } = await import('../../src/models/fresh.js');
const { treeToMemory } = await import('../../src/models/layout.js');
const { smallUNet } = await import('../helpers/small_networks.js');

// oneDNN, which brings the fused products, is part of TensorFlow on this processor.
it.runIf(process.arch === 'x64')('no GELU, SiLU or bias of a forward pass is an operation of its own', async () => {
  const engine = createEngine({ kind: 'compiled' });
  const side = smallUNet.imageSize;
  const image = { shape: [1, side, side, 3], data: new Float32Array(side * side * 3).fill(0.5) };
  await engine.define({ network: treeToMemory(freshParams(unetSpecs(smallUNet), 1)) });
  const pass = engine.prepare({
    name: 'forward pass',
    inputs: {
      x: { shape: image.shape, dtype: 'float32' },
      lq: { shape: image.shape, dtype: 'float32' },
      t: { shape: [1], dtype: 'int32' },
    },
    body: ({ x, lq, t }, state) => ({ y: unet(state.read('network'), smallUNet, { x: x!, lq, t: t! }) }),
  });
  await pass.run({ x: image, lq: image, t: { shape: [1], data: Int32Array.of(3) } });
  const types = takeTrace().map(({ type }) => type);
  engine.dispose();
  expect(types.filter((type) => type.includes('FusedMatMul')).length).toBeGreaterThan(0);
  expect(types.filter((type) => type.includes('FusedConv2D')).length).toBeGreaterThan(0);
  expect(types.filter((type) => ['Erf', 'Sigmoid', 'BiasAdd'].includes(type))).toEqual([]);
});
