/** @file What the container and pickle readers throw; the door (`open.ts`) turns it into a UserError with the file's name. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
