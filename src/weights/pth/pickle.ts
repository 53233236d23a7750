/**
 * @file A pickle reader that executes nothing: plain data, plus the few named globals its caller allows.
 *
 * Opcodes of protocols 2 to 4 as described in Python's `pickletools`. Dictionaries become Maps, lists and tuples arrays,
 * integers beyond 2^53 bigints.
 */
import { printable } from '../printable.js';
import { FormatError } from './format_error.js';
import { PickleBytes } from './pickle_bytes.js';

/** An allowed global: what it makes when a pickle calls it, if it may be called at all. */
export interface PickleGlobal {
  readonly call: ((args: readonly unknown[]) => unknown) | null;
}

export interface PickleHooks {
  /** The global of that name, or undefined: the pickle is refused. */
  global(module: string, name: string): PickleGlobal | undefined;
  /** The object a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** A storage's id has this many at most. */
const MAX_ID_PARTS = 6;

/** A dictionary's entry may be keyed by these only. */
function isKey(value: unknown): boolean {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** Marks values that came out of the allow-list, so that data can never pose as a callable. */
class AllowedGlobal {
  constructor(
    readonly label: string,
    readonly target: PickleGlobal,
  ) {}

  call(args: readonly unknown[]): unknown {
    if (!this.target.call) throw new FormatError(`the pickle calls ${this.label}`);
    return this.target.call(args);
  }
}

/** Real pickles spend about ten bytes on each container they make; these bounds keep hostile ones in proportion, too. */
const FREE_OBJECTS = 4096;
const BYTES_PER_OBJECT = 3;

class Unpickler {
  /** Containers and calls that may still be made. */
  private objects: number;
  /** Elements and characters that may still be handed to calls: a recalled list costs each time it is used. */
  private handed: number;
  private stack: unknown[] = [];
  private readonly marks: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly source: PickleBytes,
    size: number,
    private readonly hooks: PickleHooks,
  ) {
    this.objects = FREE_OBJECTS + size / BYTES_PER_OBJECT;
    this.handed = FREE_OBJECTS + size;
  }

  run(): { value: unknown; end: number } {
    for (;;) {
      const code = this.source.byte();
      if (code === 0x2e) return { value: this.pop(), end: this.source.at };
      this.step(code);
    }
  }

  /** Counts an object that is being made. */
  private made<T>(object: T): T {
    if (--this.objects < 0) throw new FormatError('the pickle makes more objects than its size explains');
    return object;
  }

  private pop(): unknown {
    if (this.stack.length === 0) throw new FormatError('the pickle takes from an empty stack');
    return this.stack.pop();
  }

  private top(): unknown {
    if (this.stack.length === 0) throw new FormatError('the pickle looks at an empty stack');
    return this.stack.at(-1);
  }

  /** Everything pushed since the last mark. */
  private sinceMark(): unknown[] {
    const items = this.stack;
    const below = this.marks.pop();
    if (!below) throw new FormatError('the pickle has no mark');
    this.stack = below;
    return items;
  }

  private tuple(length: number): unknown[] {
    if (this.stack.length < length) throw new FormatError('the pickle takes from an empty stack');
    return this.stack.splice(this.stack.length - length, length);
  }

  private findGlobal(module: unknown, name: unknown): AllowedGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw new FormatError('the pickle names no global');
    const label = printable(`${module}.${name}`);
    const target = this.hooks.global(module, name);
    if (!target) throw new FormatError(`the pickle asks for ${label}, which is not on the list of allowed names`);
    return new AllowedGlobal(label, target);
  }

  private setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map)) throw new FormatError('the pickle sets items of something that is no dictionary');
    if (items.length % 2 !== 0) throw new FormatError('the pickle has a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      if (!isKey(items[i])) throw new FormatError('the pickle has a dictionary key of an unsupported kind');
      target.set(items[i], items[i + 1]);
    }
  }

  private append(items: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw new FormatError('the pickle appends to something that is no list');
    for (const item of items) target.push(item);
  }

  private remember(index: number): void {
    this.memo.set(index, this.top());
  }

  private recall(index: number): unknown {
    if (!this.memo.has(index)) throw new FormatError('the pickle recalls something it never kept');
    return this.memo.get(index);
  }

  private reduce(): unknown {
    const args = this.pop();
    const target = this.pop();
    if (!(target instanceof AllowedGlobal) || !Array.isArray(args))
      throw new FormatError('the pickle calls something that cannot be called');
    for (const argument of args as unknown[]) {
      if (typeof argument === 'string' || Array.isArray(argument)) this.handed -= argument.length;
    }
    this.handed -= args.length;
    if (this.handed < 0) throw new FormatError('the pickle calls with more than its size explains');
    return this.made(target.call(args));
  }

  private build(): void {
    this.pop();
    // The only state met in weight files is an ordered dictionary's `_metadata`: of no use here.
    if (!(this.top() instanceof Map)) throw new FormatError('the pickle sets the state of an unsupported object');
  }

  private step(code: number): void {
    if (this.act(code)) return;
    // Evaluated first: a tuple since the mark replaces the stack that is pushed to.
    const value = this.value(code);
    this.stack.push(value);
  }

  /** Instructions that push nothing; false for all others. */
  private act(code: number): boolean {
    switch (code) {
      case 0x80: // PROTO
        this.source.skip(1);
        return true;
      case 0x95: // FRAME
        this.source.skip(8);
        return true;
      case 0x28: // MARK
        this.marks.push(this.stack);
        this.stack = this.made([]);
        return true;
      case 0x62: // BUILD
        this.build();
        return true;
      case 0x73: // SETITEM
        this.setItems(this.tuple(2));
        return true;
      case 0x75: // SETITEMS
        this.setItems(this.sinceMark());
        return true;
      case 0x61: // APPEND
        this.append(this.tuple(1));
        return true;
      case 0x65: // APPENDS
        this.append(this.sinceMark());
        return true;
      case 0x71: // BINPUT
        this.remember(this.source.byte());
        return true;
      case 0x72: // LONG_BINPUT
        this.remember(this.source.uint32());
        return true;
      case 0x94: // MEMOIZE
        this.remember(this.memo.size);
        return true;
      default:
        return false;
    }
  }

  /** What an instruction pushes. */
  private value(code: number): unknown {
    switch (code) {
      case 0x7d: // EMPTY_DICT
        return this.made(new Map());
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return this.made([]);
      case 0x74: // TUPLE
        return this.sinceMark();
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.made(this.tuple(code - 0x84));
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.source.int32();
      case 0x4b: // BININT1
        return this.source.byte();
      case 0x4d: // BININT2
        return this.source.uint16();
      case 0x8a: // LONG1
        return this.source.integer(this.source.byte());
      case 0x47: // BINFLOAT
        return this.source.float64();
      case 0x8c: // SHORT_BINUNICODE
        return this.source.text(this.source.byte());
      case 0x58: // BINUNICODE
        return this.source.text(this.source.uint32());
      case 0x8d: // BINUNICODE8
        return this.source.text(this.source.uint64());
      case 0x55: // SHORT_BINSTRING, written by Python 2
        return this.source.text(this.source.byte(), 'latin1');
      case 0x54: // BINSTRING, written by Python 2
        return this.source.text(this.source.uint32(), 'latin1');
      case 0x43: // SHORT_BINBYTES
        return this.source.raw(this.source.byte());
      case 0x42: // BINBYTES
        return this.source.raw(this.source.uint32());
      case 0x63: // GLOBAL
        return this.findGlobal(this.source.line(), this.source.line());
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.tuple(2);
        return this.findGlobal(module, name);
      }
      case 0x52: // REDUCE
        return this.reduce();
      case 0x51: // BINPERSID
        return this.made(this.hooks.persistent(this.unwrap(this.pop())));
      case 0x68: // BINGET
        return this.recall(this.source.byte());
      case 0x6a: // LONG_BINGET
        return this.recall(this.source.uint32());
      default:
        throw new FormatError(`the pickle uses an unsupported instruction 0x${code.toString(16)}`);
    }
  }

  /** Persistent ids carry globals (the storage's type): hand out what the allow-list holds. */
  private unwrap(id: unknown): unknown {
    if (Array.isArray(id) && id.length > MAX_ID_PARTS) throw new FormatError('the pickle refers to no storage');
    return Array.isArray(id) ? id.map((part: unknown) => (part instanceof AllowedGlobal ? part.target : part)) : id;
  }
}

/**
 * Reads one pickle.
 * @param bytes The pickle, possibly followed by other data.
 * @param start Where it begins.
 * @returns Its value and the position after its last instruction.
 * @throws FormatError on anything unsupported, PickleCutOff if `bytes` ends too early.
 */
export function unpickle(bytes: Uint8Array, start: number, hooks: PickleHooks): { value: unknown; end: number } {
  return new Unpickler(new PickleBytes(bytes, start), bytes.length, hooks).run();
}
