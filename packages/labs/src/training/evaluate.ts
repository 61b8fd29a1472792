/** How good a classifier is on a data set: loss, accuracy, and what is taken for what. */
import { compile, noGrad, type Tensor } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import { type Layer, functional as F } from 'nabla/nn'

export interface Evaluation {
  readonly loss: number
  readonly accuracy: number
  /** Row-major [truth, prediction] counts. */
  readonly confusion: Uint32Array
}

/** Images in a batch of evaluation: large enough to keep the device busy, small enough to leave the event loop its turns. */
const batchSize = 500

/** A function that measures `model` as it is when called: one compiled program, used again at every call. */
export function evaluator(model: Layer, dataset: ImageDataset): () => Promise<Evaluation> {
  const forward = compile((images: Tensor, labels: Tensor) =>
    noGrad(() => {
      const logits = model.forward(images) // [N, classes]
      return { predicted: logits.argmax(1), loss: F.crossEntropy(logits, labels, { reduction: 'sum' }) }
    }),
  )
  const classes = dataset.classes.length
  return async () => {
    const confusion = new Uint32Array(classes * classes)
    let [loss, right, seen] = [0, 0, 0]
    const wasTraining = model.training
    model.eval()
    try {
      const loader = new DataLoader(dataset, { batchSize })
      let before: { predicted: Tensor; loss: Tensor; from: number } | undefined
      const count = async ({ predicted, loss: sum, from }: NonNullable<typeof before>): Promise<void> => {
        const classesSeen = await predicted.data()
        loss += await sum.item()
        for (let i = 0; i < classesSeen.length; i++) {
          const truth = dataset.labels[from + i]!
          const guess = classesSeen[i]!
          confusion[truth * classes + guess]!++
          if (truth === guess) right++
        }
        seen += classesSeen.length
      }
      let from = 0
      for await (const [images, labels] of loader) {
        const next = { ...forward(images, labels), from }
        from += batchSize
        if (before) await count(before)
        before = next
      }
      if (before) await count(before)
    } finally {
      model.train(wasTraining)
    }
    return { loss: loss / seen, accuracy: right / seen, confusion }
  }
}
