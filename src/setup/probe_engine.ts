/** @file Started as a process of its own by the doctor: loads TensorFlow, prints what it finds as JSON. */
import { c } from '../engine/c_api.js';
import { Graph } from '../engine/graph.js';
import { Session, type DeviceInfo } from '../engine/session.js';
import { tf } from '../engine/tfjs.js';

/** What the probe prints. */
export interface EngineReport {
  /** Of the native library. */
  readonly version: string;
  /** Of TensorFlow.js that runs on it: `tensorflow`. */
  readonly backend: string;
  readonly devices: readonly DeviceInfo[];
}

const session = new Session(new Graph());
const report: EngineReport = {
  version: c.version() as string,
  backend: tf.getBackend(),
  devices: session.devices(),
};
process.stdout.write(JSON.stringify(report));
