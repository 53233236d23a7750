/**
 * @file A pickle reader that executes nothing: plain data, plus the few named globals its caller allows.
 *
 * Opcodes of protocols 2 to 4 as described in Python's `pickletools`. Dictionaries become Maps, lists and tuples arrays,
 * integers beyond 2^53 bigints.
 */
import { printable } from '../printable.js';
import { FormatError } from './format_error.js';

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

/** The bytes ended inside the pickle: with more of the file at hand it may still be whole. */
export class PickleCutOff extends FormatError {
  constructor() {
    super('the pickle is cut off');
  }
}

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
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly hooks: PickleHooks,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.objects = FREE_OBJECTS + bytes.length / BYTES_PER_OBJECT;
    this.handed = FREE_OBJECTS + bytes.length;
  }

  run(): { value: unknown; end: number } {
    for (;;) {
      const code = this.byte();
      if (code === 0x2e) return { value: this.pop(), end: this.at };
      this.step(code);
    }
  }

  /** Counts an object that is being made. */
  private made<T>(object: T): T {
    if (--this.objects < 0) throw new FormatError('the pickle makes more objects than its size explains');
    return object;
  }

  private skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new PickleCutOff();
    this.at = start + count;
    return start;
  }

  private byte(): number {
    return this.bytes[this.skip(1)]!;
  }

  private uint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  private text(length: number, encoding = 'utf-8'): string {
    const start = this.skip(length);
    return new TextDecoder(encoding).decode(this.bytes.subarray(start, start + length));
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleCutOff();
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  private uint64(): number {
    const value = this.view.getBigUint64(this.skip(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('the pickle holds an impossible length');
    return Number(value);
  }

  private integer(length: number): number | bigint {
    let value = 0n;
    const start = this.skip(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
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
        this.skip(1);
        return true;
      case 0x95: // FRAME
        this.skip(8);
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
        this.remember(this.byte());
        return true;
      case 0x72: // LONG_BINPUT
        this.remember(this.uint32());
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
        return this.view.getInt32(this.skip(4), true);
      case 0x4b: // BININT1
        return this.byte();
      case 0x4d: // BININT2
        return this.view.getUint16(this.skip(2), true);
      case 0x8a: // LONG1
        return this.integer(this.byte());
      case 0x47: // BINFLOAT
        return this.view.getFloat64(this.skip(8), false);
      case 0x8c: // SHORT_BINUNICODE
        return this.text(this.byte());
      case 0x58: // BINUNICODE
        return this.text(this.uint32());
      case 0x8d: // BINUNICODE8
        return this.text(this.uint64());
      case 0x55: // SHORT_BINSTRING, written by Python 2
        return this.text(this.byte(), 'latin1');
      case 0x54: // BINSTRING, written by Python 2
        return this.text(this.uint32(), 'latin1');
      case 0x63: // GLOBAL
        return this.findGlobal(this.line(), this.line());
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
        return this.recall(this.byte());
      case 0x6a: // LONG_BINGET
        return this.recall(this.uint32());
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
  return new Unpickler(bytes, start, hooks).run();
}
