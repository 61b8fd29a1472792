/** XOR: what no line parts, two hidden neurons do. */
import type { FigurePicture } from '@nabla/pictures'
import { compile, type Tensor, tensor } from 'nabla'
import { boundary } from '../plane.js'
import { activations, backward, descend, firstWeights, forward } from './layers.js'

const corners = [0, 0, 0, 1, 1, 0, 1, 1]
const truth = [0, 1, 1, 0]

/** A net of tanh neurons with a sigmoid at its end, trained on the four corners; and the best that a line does. */
export async function xor(
  steps: number,
  signal: AbortSignal,
): Promise<{ accuracy: number; lineAccuracy: number; picture: FigurePicture }> {
  const x = tensor(corners).reshape(4, 2)
  const y = tensor(truth.map((v) => [v]))
  const points = { x: [0, 0, 1, 1], y: [0, 1, 0, 1], labels: truth }
  const found = []
  const pictures = []
  for (const [title, sizes] of [
    ['one neuron', [2, 1]],
    ['4 hidden neurons', [2, 4, 1]],
  ] as const) {
    const layers = firstWeights(sizes, 1.5)
    const functions = [...sizes.slice(2).map(() => activations.tanh), activations.none] // the sigmoid is in the loss: p - y
    const step = compile((x: Tensor, y: Tensor) => {
      const pass = forward(x, layers, functions)
      const dz = pass.a.at(-1)!.sigmoid().sub(y).div(4)
      descend(layers, backward(dz, pass, layers, functions), 1)
      return dz
    })
    for (let i = 0; i < steps && !signal.aborted; i++) {
      const dz = step(x, y)
      if (i % 50 === 49) await dz.data()
    }
    const says = (at: Tensor): Tensor => forward(at, layers, functions).a.at(-1)!.flatten().gt(0)
    const accuracy = await says(x).eq(y.flatten().gt(0.5)).float().mean().item()
    found.push(accuracy)
    const options = {
      title: `${title}: ${4 * accuracy} of 4 right`,
      x: 'x1',
      y: 'x2',
      classes: ['0', '1'],
      width: 400,
      height: 360,
    }
    pictures.push(await boundary(options, points, says))
  }
  return { accuracy: found[1]!, lineAccuracy: found[0]!, picture: { kind: 'figure', title: 'XOR', rows: [pictures] } }
}
