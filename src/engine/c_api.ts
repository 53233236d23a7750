/**
 * @file The part of TensorFlow's C API that builds and runs graphs, called in the same shared library that TensorFlow.js uses.
 *
 * Pointers are BigInts; arrays of pointers and of `TF_Output` structs are packed into Buffers (`packPointers`, `packOutputs`).
 */
import './quiet_logs.js';
import koffi from 'koffi';
import { nativeLibrary } from './library.js';

/** TensorFlow's numbers of the data types used here (`TF_DataType`). */
export const DataType = { float32: 1, int32: 3, bool: 10, resource: 20 } as const;

export type Pointer = bigint;

/** One output of an operation (`TF_Output`). */
export interface Output {
  readonly operation: Pointer;
  readonly index: number;
}

const library = koffi.load(nativeLibrary());
koffi.struct('TF_Output', { operation: 'void*', index: 'int' });
const BYTES_PER_OUTPUT = 16;

/** Entry points by their C names without `TF_`. */
export const c = {
  version: library.func('const char* TF_Version()'),
  newStatus: library.func('void* TF_NewStatus()'),
  statusCode: library.func('int TF_GetCode(void* status)'),
  statusMessage: library.func('const char* TF_Message(void* status)'),
  deleteStatus: library.func('void TF_DeleteStatus(void* status)'),
  newGraph: library.func('void* TF_NewGraph()'),
  deleteGraph: library.func('void TF_DeleteGraph(void* graph)'),
  newOperation: library.func('void* TF_NewOperation(void* graph, const char* type, const char* name)'),
  addInput: library.func('void TF_AddInput(void* description, TF_Output input)'),
  addInputList: library.func('void TF_AddInputList(void* description, void* inputs, int count)'),
  addControlInput: library.func('void TF_AddControlInput(void* description, void* operation)'),
  setAttrType: library.func('void TF_SetAttrType(void* description, const char* name, int value)'),
  setAttrTypeList: library.func(
    'void TF_SetAttrTypeList(void* description, const char* name, void* values, int count)',
  ),
  setAttrInt: library.func('void TF_SetAttrInt(void* description, const char* name, int64_t value)'),
  setAttrIntList: library.func('void TF_SetAttrIntList(void* description, const char* name, void* values, int count)'),
  setAttrFloat: library.func('void TF_SetAttrFloat(void* description, const char* name, float value)'),
  setAttrBool: library.func('void TF_SetAttrBool(void* description, const char* name, uint8_t value)'),
  setAttrString: library.func('void TF_SetAttrString(void* description, const char* name, void* value, size_t bytes)'),
  setAttrShape: library.func('void TF_SetAttrShape(void* description, const char* name, void* dims, int count)'),
  setAttrTensor: library.func('void TF_SetAttrTensor(void* description, const char* name, void* value, void* status)'),
  finishOperation: library.func('void* TF_FinishOperation(void* description, void* status)'),
  outputType: library.func('int TF_OperationOutputType(TF_Output output)'),
  outputRank: library.func('int TF_GraphGetTensorNumDims(void* graph, TF_Output output, void* status)'),
  outputShape: library.func(
    'void TF_GraphGetTensorShape(void* graph, TF_Output output, void* dims, int count, void* status)',
  ),
  newSessionOptions: library.func('void* TF_NewSessionOptions()'),
  setConfig: library.func('void TF_SetConfig(void* options, void* proto, size_t bytes, void* status)'),
  deleteSessionOptions: library.func('void TF_DeleteSessionOptions(void* options)'),
  newSession: library.func('void* TF_NewSession(void* graph, void* options, void* status)'),
  closeSession: library.func('void TF_CloseSession(void* session, void* status)'),
  deleteSession: library.func('void TF_DeleteSession(void* session, void* status)'),
  sessionRun: library.func(
    'void TF_SessionRun(void* session, void* options, void* inputs, void* inputValues, int inputCount, void* outputs, ' +
      'void* outputValues, int outputCount, void* targets, int targetCount, void* metadata, void* status)',
  ),
  listDevices: library.func('void* TF_SessionListDevices(void* session, void* status)'),
  deviceCount: library.func('int TF_DeviceListCount(void* list)'),
  deviceName: library.func('const char* TF_DeviceListName(void* list, int index, void* status)'),
  deviceType: library.func('const char* TF_DeviceListType(void* list, int index, void* status)'),
  deviceMemory: library.func('int64_t TF_DeviceListMemoryBytes(void* list, int index, void* status)'),
  deleteDeviceList: library.func('void TF_DeleteDeviceList(void* list)'),
  allocateTensor: library.func('void* TF_AllocateTensor(int type, void* dims, int rank, size_t bytes)'),
  tensorType: library.func('int TF_TensorType(void* tensor)'),
  tensorRank: library.func('int TF_NumDims(void* tensor)'),
  tensorDim: library.func('int64_t TF_Dim(void* tensor, int index)'),
  tensorBytes: library.func('size_t TF_TensorByteSize(void* tensor)'),
  tensorData: library.func('void* TF_TensorData(void* tensor)'),
  deleteTensor: library.func('void TF_DeleteTensor(void* tensor)'),
};

const copyBytes = koffi.load(null).func('void* memcpy(void* to, void* from, size_t bytes)');

/** TensorFlow reported an error; `code` is its `TF_Code`. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/** Throws {@link NativeError} if `status` holds an error. */
export function checkStatus(status: Pointer): void {
  const code = c.statusCode(status) as number;
  if (code !== 0) throw new NativeError(c.statusMessage(status) as string, code);
}

/** Calls `body` with a status and throws if the call reported an error. */
export function withStatus<T>(body: (status: Pointer) => T): T {
  const status = c.newStatus() as Pointer;
  try {
    const result = body(status);
    checkStatus(status);
    return result;
  } finally {
    c.deleteStatus(status);
  }
}

/** `TF_Output[]` as C expects it. */
export function packOutputs(outputs: readonly Output[]): Buffer {
  const buffer = Buffer.alloc(Math.max(1, outputs.length) * BYTES_PER_OUTPUT);
  outputs.forEach((output, i) => {
    buffer.writeBigUInt64LE(output.operation, i * BYTES_PER_OUTPUT);
    buffer.writeInt32LE(output.index, i * BYTES_PER_OUTPUT + 8);
  });
  return buffer;
}

/** `void*[]` as C expects it. */
export function packPointers(pointers: readonly Pointer[]): Buffer {
  const buffer = Buffer.alloc(Math.max(1, pointers.length) * 8);
  pointers.forEach((pointer, i) => buffer.writeBigUInt64LE(pointer, i * 8));
  return buffer;
}

/** `int64_t[]`; never empty, so that its address is valid. */
export function packInts(values: readonly number[]): BigInt64Array {
  const ints = new BigInt64Array(Math.max(1, values.length));
  values.forEach((value, i) => (ints[i] = BigInt(value)));
  return ints;
}

/** A new native tensor holding a copy of `data`; the caller deletes it. */
export function toNativeTensor(type: number, shape: readonly number[], data: ArrayBufferView): Pointer {
  const tensor = c.allocateTensor(type, packInts(shape), shape.length, data.byteLength) as Pointer;
  if (data.byteLength > 0) copyBytes(c.tensorData(tensor), data, data.byteLength);
  return tensor;
}

/** Copies a native float32, int32 or bool tensor to the host (bool as 0/1 in an Int32Array). */
export function fromNativeTensor(tensor: Pointer): { shape: number[]; data: Float32Array | Int32Array } {
  const shape = Array.from({ length: c.tensorRank(tensor) as number }, (_, i) => Number(c.tensorDim(tensor, i)));
  const bytes = Number(c.tensorBytes(tensor));
  const type = c.tensorType(tensor) as number;
  const raw = new Uint8Array(bytes);
  if (bytes > 0) copyBytes(raw, c.tensorData(tensor), bytes);
  if (type === DataType.float32) return { shape, data: new Float32Array(raw.buffer) };
  if (type === DataType.int32) return { shape, data: new Int32Array(raw.buffer) };
  if (type === DataType.bool) return { shape, data: Int32Array.from(raw) };
  throw new Error(`cannot read a tensor of TensorFlow type ${type} on the host`);
}
