/** What a network has learnt, as pictures: its first filters, an image on its way through the stages, and where it is most wrong. */
import type { FigurePicture, GridImage, ImagesPicture, Picture, WeightsPicture } from '@nabla/pictures'
import { compile, noGrad, type Tensor } from 'nabla'
import { DataLoader, type ImageDataset, rasterOf } from 'nabla/data'
import { Conv2d, functional as F, type Layer } from 'nabla/nn'
import type { Batch, Classifier } from '../../training/evaluate.js'

/** Tiles in a row, at most. */
const columns = 8

/** The filters of the first convolution, at most 64; undefined for a network that has none. */
export async function filtersPicture(model: Layer, title: string): Promise<WeightsPicture | undefined> {
  const [name, first] = model.namedModules().find(([, part]) => part instanceof Conv2d) ?? []
  if (!(first instanceof Conv2d)) return undefined
  const [filters, channels, height, width] = first.weight.shape as readonly [number, number, number, number]
  const shown = Math.min(filters, 64)
  return {
    kind: 'weights',
    title: `${title}: ${shown < filters ? `${shown} of ${filters}` : filters} filters of ${height} x ${width}, ${name}`,
    values: (await first.weight.detach().data()).slice(0, shown * channels * height * width),
    shape: [shown, channels, height, width],
    columns,
  }
}

/** A stage: the last result of each height and width that there is in a forward pass. */
interface Stage {
  readonly name: string
  readonly maps: Tensor
}

/** Runs one image [1, C, H, W] through a network and keeps what comes out of each stage. */
export function stagesOf(model: Layer, image: Tensor): Stage[] {
  const found = new Map<string, Stage>()
  const handles = model.namedModules().map(([name, part]) =>
    part.registerForwardHook((_, __, output: unknown) => {
      const maps = output as Tensor
      const { shape = [] } = maps
      if (shape.length !== 4 || shape[2]! * shape[3]! === 1) return
      const key = `${shape[2]} x ${shape[3]}`
      // An outer module hands on what its last inner one gave.
      if (found.get(key)?.maps !== maps) found.delete(key)
      if (!found.has(key)) found.set(key, { name, maps })
    }),
  )
  try {
    noGrad(() => model.forward(image))
  } finally {
    for (const handle of handles) handle.remove()
  }
  return [...found.values()]
}

/** Eight of the feature maps of every stage for an image as the network sees it, [1, C, H, W]; the network is to be in evaluation mode. */
export async function featuresPicture(model: Layer, image: Tensor, title: string): Promise<FigurePicture | undefined> {
  const stages = stagesOf(model, image)
  if (!stages.length) return undefined
  const rows: Picture[][] = []
  for (const { name, maps } of stages) {
    const [, channels, height, width] = maps.shape as readonly [number, number, number, number]
    const shown = Math.min(channels, 8)
    rows.push([
      {
        kind: 'weights',
        title: `${name}: ${shown < channels ? `${shown} of ${channels}` : channels} maps of ${height} x ${width}`,
        values: (await maps.data()).slice(0, shown * height * width),
        shape: [shown, 1, height, width],
        columns,
        width: 720,
        height: 140,
      },
    ])
  }
  return { kind: 'figure', title, rows }
}

/** The test images that are named wrongly with most certainty, with the truth and the guess. */
export async function errorsPicture(
  model: Classifier,
  test: ImageDataset,
  title: string,
  { count = 20, signal }: { readonly count?: number; readonly signal?: AbortSignal } = {},
): Promise<ImagesPicture | undefined> {
  const ask = compile(([images, labels]: Batch) =>
    noGrad(() => {
      const logits = model.forward(images)
      return {
        losses: F.crossEntropy(logits, labels, { reduction: 'none' }),
        guesses: logits.argmax(1),
        sureness: logits.softmax(1).max(1).values,
      }
    }),
  )
  const wrong: { index: number; guess: number; loss: number; sure: number }[] = []
  let index = 0
  for await (const batch of new DataLoader(test, { batchSize: 500 })) {
    if (signal?.aborted) return undefined
    const answer = ask(batch as Batch)
    const [losses, guesses, sureness] = await Promise.all([answer.losses.data(), answer.guesses.data(), answer.sureness.data()])
    for (let i = 0; i < guesses.length; i++, index++)
      if (guesses[i] !== test.labels[index])
        wrong.push({ index, guess: Number(guesses[i]), loss: Number(losses[i]), sure: Number(sureness[i]) })
  }
  const worst = wrong.sort((a, b) => b.loss - a.loss).slice(0, count)
  if (!worst.length) return undefined
  const size = test.shape.reduce((a, b) => a * b, 1)
  const images = worst.map(
    ({ index, guess, sure }): GridImage => ({
      image: rasterOf(test.images.subarray(index * size, (index + 1) * size), test.shape),
      caption: `${test.classes[test.labels[index]!]}, not ${test.classes[guess]} (${Math.round(100 * sure)} %)`,
      border: 'wrong',
    }),
  )
  return { kind: 'images', title, images, columns: 4 }
}
