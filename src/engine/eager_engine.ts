/** @file Programs run op by op: slower than compiled, the reference the compiled engine is held to. */
import type { HostTensor, HostTree } from '../weights/tree.js';
import { momentGroups } from './adamw.js';
import { checkFeed } from './compiled_engine.js';
import { GuardError } from './guard_error.js';
import type { HostArray } from './host_array.js';
import { tf, type Params, type Tensor, type Tensors } from './tfjs.js';
import type { AdamWInputs, Engine, Executable, Program, StateAccess } from './types.js';

/** Runs programs with TensorFlow.js as it is. Build with `createEngine`. */
export class EagerEngine implements Engine {
  readonly kind = 'eager';
  private readonly groups = new Map<string, Map<string, Tensor>>();

  async define(groups: Readonly<Record<string, HostTree>>): Promise<void> {
    for (const [group, tree] of Object.entries(groups)) {
      if (this.groups.has(group)) throw new Error(`state group ${group} is already defined`);
      this.groups.set(group, new Map([...tree].map(([name, value]) => [name, resident(value)])));
    }
    return Promise.resolve();
  }

  has(group: string): boolean {
    return this.groups.has(group);
  }

  prepare(program: Program): Executable {
    return { run: async (feeds) => Promise.resolve(this.runNow(program, feeds)) };
  }

  fetch(groups: readonly string[]): Promise<Record<string, HostTree>> {
    const trees = groups.map((group) => {
      const tree: HostTree = new Map(
        [...this.group(group)].map(([name, tensor]) => [
          name,
          { shape: tensor.shape, data: new Float32Array(tensor.dataSync()) },
        ]),
      );
      return [group, tree] as const;
    });
    return Promise.resolve(Object.fromEntries(trees));
  }

  store(groups: Readonly<Record<string, HostTree>>): Promise<void> {
    for (const [group, tree] of Object.entries(groups)) {
      for (const name of this.group(group).keys()) {
        const value = tree.get(name);
        if (!value) throw new Error(`state group ${group} lacks ${name}`);
        this.replace(group, name, resident(value));
      }
    }
    return Promise.resolve();
  }

  dispose(): void {
    for (const group of this.groups.values()) for (const tensor of group.values()) tensor.dispose();
    this.groups.clear();
  }

  private runNow(program: Program, feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    const results: Record<string, HostArray> = {};
    tf.tidy(() => {
      this.runInside(program, feeds, results);
    });
    return results;
  }

  private runInside(
    program: Program,
    feeds: Readonly<Record<string, HostArray>>,
    results: Record<string, HostArray>,
  ): void {
    const inputs = Object.fromEntries(
      Object.entries(program.inputs).map(([name, spec]) => {
        const { data, shape } = checkFeed(program, name, feeds[name]);
        // A copy: TensorFlow.js uploads lazily and the caller may reuse its buffer.
        return [name, tf.tensor(data.slice(), [...shape], spec.dtype)];
      }),
    );
    const updates = new EagerUpdates((group) => this.group(group));
    const outputs = program.body(inputs, updates);
    for (const [name, tensor] of Object.entries(outputs)) results[name] = toHost(tensor);
    for (const [group, name, value] of updates.finish()) this.replace(group, name, tf.keep(value.clone()));
  }

  private replace(group: string, name: string, value: Tensor): void {
    const tensors = this.group(group);
    tensors.get(name)?.dispose();
    tensors.set(name, value);
  }

  private group(group: string): Map<string, Tensor> {
    const tensors = this.groups.get(group);
    if (!tensors) throw new Error(`state group ${group} is not defined`);
    return tensors;
  }
}

type Update = readonly [group: string, name: string, value: Tensor];

/** Computes updates at once but hands them over only at the end, so that every read of a run sees the old state. */
class EagerUpdates implements StateAccess {
  private readonly updates = new Map<string, Update>();
  private readonly averages: (() => Update[])[] = [];

  constructor(private readonly group: (group: string) => Map<string, Tensor>) {}

  read(group: string): Params {
    return Object.fromEntries(this.group(group));
  }

  assign(group: string, values: Tensors): void {
    for (const [name, value] of Object.entries(values)) this.set(group, name, value);
  }

  adamw(group: string, grads: Tensors, hyper: AdamWInputs): void {
    const moments = momentGroups(group);
    const [values, first, second] = [group, moments.m, moments.v].map((g) => this.group(g)) as [
      Map<string, Tensor>,
      Map<string, Tensor>,
      Map<string, Tensor>,
    ];
    const correction2 = tf.sqrt(tf.sub(1, hyper.beta2Power));
    const step = tf.div(hyper.lr, tf.sub(1, hyper.beta1Power));
    for (const [name, grad] of Object.entries(grads)) {
      const [m, v, updated] = tf.tidy(() => {
        const m = mix(first.get(name)!, grad, hyper.beta1);
        const v = mix(second.get(name)!, tf.square(grad), hyper.beta2);
        const value = values.get(name)!;
        const decayed = hyper.weightDecay ? tf.mul(value, tf.sub(1, tf.mul(hyper.lr, hyper.weightDecay))) : value;
        const change = tf.div(tf.mul(step, m), tf.add(tf.div(tf.sqrt(v), correction2), hyper.eps));
        return [m, v, tf.sub(decayed, change)] as [Tensor, Tensor, Tensor];
      });
      this.set(moments.m, name, m);
      this.set(moments.v, name, v);
      this.set(group, name, updated);
    }
  }

  ema(group: string, source: string, rate: Tensor): void {
    this.averages.push(() =>
      [...this.group(group)].map(([name, average]) => {
        const value = this.updates.get(`${source}/${name}`)?.[2] ?? this.group(source).get(name)!;
        return [group, name, mix(average, value, rate)];
      }),
    );
  }

  guard(condition: Tensor, message: string, values: readonly Tensor[] = []): void {
    if (condition.dataSync()[0]) return;
    const shown = values.map((value) => `[${Array.from(value.dataSync().slice(0, 8)).join(' ')}]`);
    throw new GuardError([message, ...shown].join(' '));
  }

  finish(): Update[] {
    return [...this.updates.values(), ...this.averages.flatMap((average) => average())];
  }

  private set(group: string, name: string, value: Tensor): void {
    if (!this.group(group).has(name)) throw new Error(`state group ${group} has no variable ${name}`);
    this.updates.set(`${group}/${name}`, [group, name, value]);
  }
}

const mix = (old: Tensor, value: Tensor, rate: Tensor): Tensor =>
  tf.tidy(() => tf.add(tf.mul(old, rate), tf.mul(value, tf.sub(1, rate))));

const resident = ({ data, shape }: HostTensor): Tensor => tf.keep(tf.tensor(data.slice(), [...shape], 'float32'));

function toHost(tensor: Tensor): HostArray {
  const values = tensor.dataSync();
  return {
    shape: tensor.shape,
    data: tensor.dtype === 'float32' ? new Float32Array(values) : Int32Array.from(values as Int32Array),
  };
}
