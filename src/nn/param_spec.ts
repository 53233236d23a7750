/** @file What a network says about its parameters: names, official shapes, fresh initialisation. */

/** How a parameter starts when a network is trained from scratch. */
export type Init =
  /** Uniform in ±1/sqrt(fanIn): convolutions, linear layers and their biases. */
  | { readonly kind: 'fan-in'; readonly fanIn: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Normal cut off at two standard deviations. */
  | { readonly kind: 'truncated-normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** One parameter of a network: official key name and official (PyTorch) shape. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
}
