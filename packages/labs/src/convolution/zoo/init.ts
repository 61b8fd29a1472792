/** First weights for networks whose published ones take long to leave the plateau at the start of a run. */
import { Conv2d, init, type Layer, Linear } from 'nabla/nn'

export const initOption = {
  kind: 'choice',
  help: "first weights: Kaiming's for ReLU, Xavier's as in the notes, or the model's own",
  values: ['kaiming', 'xavier', 'own'],
  default: 'kaiming',
} as const

/** Draws the weights of all convolutions and linear layers anew, with biases 0. Gives the network back. */
export function drawn<N extends Layer>(network: N, rule: (typeof initOption.values)[number]): N {
  if (rule === 'own') return network
  for (const layer of network.modules())
    if (layer instanceof Conv2d || layer instanceof Linear) {
      if (rule === 'kaiming') init.kaimingUniform_(layer.weight)
      else init.xavierUniform_(layer.weight)
      if (layer.bias) init.zeros_(layer.bias)
    }
  return network
}
