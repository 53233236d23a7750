/** @file Writes a state dict as a PyTorch checkpoint (`.pth`, zip container) that `torch.load(weights_only=True)` accepts. */
import { writeAtomically } from '../../files/atomic_file.js';
import type { TensorStream } from '../raw_tensor.js';
import { pickleStateDict } from './pickle_writer.js';
import { ZipWriter } from './zip_writer.js';

/** Folder inside the archive; readers accept any. */
const TOP = 'archive';
/** Version of the container's layout, the one PyTorch has written since 1.6. */
const CONTAINER_VERSION = '3\n';

/**
 * Writes tensors one at a time, complete or not at all: flushed under a temporary name, then renamed.
 * @param stream Names must differ.
 * @throws UserError for a number format that `.pth` files do not have.
 */
export async function streamPth(file: string, { headers, bytes }: TensorStream): Promise<void> {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const pickle = pickleStateDict(headers);
  await writeAtomically(file, async (write) => {
    const zip = new ZipWriter(write);
    await zip.add(`${TOP}/data.pkl`, pickle);
    await zip.add(`${TOP}/byteorder`, text('little'));
    let index = 0;
    for await (const tensor of bytes()) await zip.add(`${TOP}/data/${index++}`, tensor);
    await zip.add(`${TOP}/version`, text(CONTAINER_VERSION));
    await zip.finish();
  });
}
