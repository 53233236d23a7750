/**
 * @file TensorBoard's event files: `Event` messages (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).
 */
import { bytesField, doubleField, floatField, integerField, messageField } from './protobuf.js';

/** Field numbers of the messages, by their names in the .proto files. */
const Event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SessionLog = { status: 1 } as const;
const Summary = { value: 1 } as const;
const Value = { tag: 1, simpleValue: 2, image: 4, tensor: 8, metadata: 9 } as const;
const Image = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;
const Metadata = { pluginData: 1, dataClass: 4 } as const;
const PluginData = { pluginName: 1 } as const;
const Tensor = { dtype: 1, shape: 2, stringValue: 8 } as const;
const Shape = { dim: 2 } as const;
const Dim = { size: 1 } as const;

const SESSION_START = 1;
const RGB = 3;
const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;

/** When something happened: seconds since 1970 and iteration. */
export interface Moment {
  readonly wallTime: number;
  readonly step: number;
}

/** A PNG file's content and its size in pixels. */
export interface EncodedImage {
  readonly png: Uint8Array;
  readonly height: number;
  readonly width: number;
}

function event({ wallTime, step }: Moment, content: Buffer): Buffer {
  return Buffer.concat([doubleField(Event.wallTime, wallTime), integerField(Event.step, step), content]);
}

/** First message of every file. */
export function versionEvent(wallTime: number): Buffer {
  return event({ wallTime, step: 0 }, bytesField(Event.fileVersion, 'brain.Event:2'));
}

/** Says that a run starts again at `step`: TensorBoard forgets what earlier files have from this step on. */
export function restartEvent(moment: Moment): Buffer {
  return event(moment, messageField(Event.sessionLog, integerField(SessionLog.status, SESSION_START)));
}

/** Numbers by tag (stored as float32). */
export function scalarsEvent(moment: Moment, scalars: Readonly<Record<string, number>>): Buffer {
  const values = Object.entries(scalars).map(([tag, value]) =>
    messageField(Summary.value, bytesField(Value.tag, tag), floatField(Value.simpleValue, value)),
  );
  return event(moment, messageField(Event.summary, ...values));
}

export function imageEvent(moment: Moment, tag: string, { png, height, width }: EncodedImage): Buffer {
  const image = messageField(
    Value.image,
    integerField(Image.height, height),
    integerField(Image.width, width),
    integerField(Image.colorspace, RGB),
    bytesField(Image.encoded, png),
  );
  return event(moment, messageField(Event.summary, messageField(Summary.value, bytesField(Value.tag, tag), image)));
}

/** A text, which TensorBoard shows as Markdown. */
export function textEvent(moment: Moment, tag: string, text: string): Buffer {
  const metadata = messageField(
    Value.metadata,
    messageField(Metadata.pluginData, bytesField(PluginData.pluginName, 'text')),
    integerField(Metadata.dataClass, DATA_CLASS_TENSOR),
  );
  const tensor = messageField(
    Value.tensor,
    integerField(Tensor.dtype, DT_STRING),
    messageField(Tensor.shape, messageField(Shape.dim, integerField(Dim.size, 1))),
    bytesField(Tensor.stringValue, text),
  );
  const value = messageField(Summary.value, bytesField(Value.tag, tag), metadata, tensor);
  return event(moment, messageField(Event.summary, value));
}
