/** @file Which parts of a metric's weights the user's files bring. */
import { networkTensors, withWeightFile } from '../weights/weight_file.js';

/**
 * Whether one of the files has a parameter whose name starts so. Tensors are not read.
 * @throws UserError if a file is no weight file.
 */
export async function hasParameter(files: readonly string[], start: string): Promise<boolean> {
  for (const file of files) {
    const names = await withWeightFile(file, (opened) => Promise.resolve([...networkTensors(file, opened).keys()]));
    if (names.some((name) => name.startsWith(start))) return true;
  }
  return false;
}
