/** @file Pickles written by hand: instructions that golden checkpoints do not have. */
import { describe, expect, it } from 'vitest';
import { unpickle } from '../../src/weights/pth/pickle.js';
import { PickleCutOff } from '../../src/weights/pth/pickle_bytes.js';
import { tensorHooks } from '../../src/weights/pth/tensors.js';

const read = (opcodes: string): unknown => unpickle(Buffer.from(opcodes, 'latin1'), 0, tensorHooks(new Map())).value;

describe('unpickle', () => {
  it('reads bytes of protocol 3 and later', () => {
    expect(read('\x80\x03(C\x02\x00\xffB\x01\x00\x00\x00\x07t.')).toEqual([Uint8Array.of(0, 255), Uint8Array.of(7)]);
  });

  it('reads signed integers of any length exactly', () => {
    const long = (...bytes: number[]): string => `\x8a${String.fromCharCode(bytes.length, ...bytes)}`;
    expect(read(`(${long()}${long(0xff)}${long(0, 0, 0, 0, 0, 0, 0, 0, 1)}J\xfe\xff\xff\xfft.`)).toEqual([
      0,
      -1,
      2n ** 64n,
      -2,
    ]);
  });

  it('knows where a pickle ends', () => {
    expect(unpickle(Buffer.from('xxN.yy'), 2, tensorHooks(new Map()))).toEqual({ value: null, end: 4 });
    expect(() => read('(K\x01')).toThrow(PickleCutOff);
    expect(() => read('C\x05ab')).toThrow(PickleCutOff);
  });

  it.each([
    ['t.', 'no mark'],
    ['0.', 'unsupported instruction 0x30'],
    ['K\x01K\x02s.', 'empty stack'],
    ['K\x01K\x01K\x02s.', 'no dictionary'],
    ['}]K\x02s.', 'key of an unsupported kind'],
    ['h\x00.', 'never kept'],
    ['K\x01)R.', 'cannot be called'],
    ['ctorch\nFloatStorage\n)R.', 'calls torch.FloatStorage'],
    ['K\x01Q.', 'no storage'],
    [']Nb.', 'state of an unsupported object'],
    ['cbuiltins\nexec\n.', 'asks for builtins.exec'],
    ['i', 'unsupported instruction 0x69'],
    ['o', 'unsupported instruction 0x6f'],
    ['\x81', 'unsupported instruction 0x81'],
  ])('refuses %j', (opcodes, message) => {
    expect(() => read(opcodes)).toThrow(message);
  });
});
