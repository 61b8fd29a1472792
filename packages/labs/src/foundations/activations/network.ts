/** The same small network with one activation or another. */
import type { Tensor } from 'nabla'
import { ELU, Flatten, GELU, type Layer, LeakyReLU, Linear, Module, PReLU, ReLU, Sequential, Sigmoid, SiLU, Tanh } from 'nabla/nn'

/** k linear maps side by side, of which each output takes the largest (Goodfellow et al. 2013): [N, inputs] to [N, outputs]. */
export class Maxout extends Module {
  readonly maps: Linear

  constructor(
    inputs: number,
    readonly outputs: number,
    readonly pieces: number,
  ) {
    super()
    this.maps = new Linear(inputs, outputs * pieces)
  }

  forward(x: Tensor): Tensor {
    return this.maps.forward(x).reshape(-1, this.outputs, this.pieces).amax(2)
  }
}

const layers: Readonly<Record<string, () => Layer>> = {
  sigmoid: () => new Sigmoid(),
  tanh: () => new Tanh(),
  ReLU: () => new ReLU(),
  LeakyReLU: () => new LeakyReLU(0.1),
  PReLU: () => new PReLU(),
  ELU: () => new ELU(),
  GELU: () => new GELU(),
  SiLU: () => new SiLU(),
}

/** Two hidden layers of `width`, 784 inputs, 10 outputs. */
export function network(name: string, width: number): Layer {
  const hidden = (inputs: number): Layer[] =>
    name === 'Maxout' ? [new Maxout(inputs, width, 2)] : [new Linear(inputs, width), layers[name]!()]
  return new Sequential(new Flatten(), ...hidden(784), ...hidden(width), new Linear(width, 10))
}
