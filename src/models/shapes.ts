/** @file Looking up shapes of a state dict: by name, and by which numbered parts are there. */
import { UserError } from '../errors/user_error.js';

const OFFICIAL_GROUPS = 32;
/** Official names are far shorter; longer ones are not looked into. */
const MAX_NAME = 256;

/** Shapes by official name. */
export class Shapes {
  /** Every beginning of a name that ends before a dot, and every name. */
  private readonly prefixes = new Set<string>();

  constructor(
    private readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
    readonly file: string,
  ) {
    for (const name of tensors.keys()) {
      if (name.length > MAX_NAME) continue;
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        this.prefixes.add(name.slice(0, dot));
      }
      this.prefixes.add(name);
    }
  }

  /** Whether there is a parameter of this name, or one below it. */
  has(name: string): boolean {
    return this.prefixes.has(name);
  }

  /** How many of `prefix.0`, `prefix.1`, ... there are without a gap. */
  count(prefix: string): number {
    let count = 0;
    while (this.has(`${prefix}.${count}`)) count++;
    return count;
  }

  /** @throws UserError if it is missing or has another rank. */
  get(name: string, rank: number): readonly number[] {
    const { shape } = this.tensors.get(name) ?? {};
    if (shape?.length === rank) return shape;
    throw new UserError('the network cannot be recognised without this parameter', {
      file: this.file,
      key: name,
      expected: `rank ${rank}`,
      found: shape ? `[${shape.join(',')}]` : 'nothing',
    });
  }

  /** Shape of a parameter that may be missing. */
  find(name: string): readonly number[] | undefined {
    return this.tensors.get(name)?.shape;
  }

  /** @throws UserError, always: what `name`'s shape says is not supported. */
  refuse(name: string, message: string, expected?: string): never {
    const found = this.find(name);
    throw new UserError(message, { file: this.file, key: name, expected, found: found && `[${found.join(',')}]` });
  }
}

/** The official number of groups. @throws UserError if these widths are no multiples of it: narrow networks had fewer. */
export function assumeGroups(shapes: Shapes, name: string, widths: readonly number[]): number {
  if (widths.every((width) => width % OFFICIAL_GROUPS === 0)) return OFFICIAL_GROUPS;
  return shapes.refuse(
    name,
    'shapes do not tell the number of norm groups of so narrow a network: use a model file, which has its config',
    `a width that is a multiple of ${OFFICIAL_GROUPS}`,
  );
}
