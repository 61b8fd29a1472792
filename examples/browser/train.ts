/** LeNet-5 on MNIST: a compiled step, a loop, and a measure of how good it is. Nothing here knows of the page. */
import { LeNet } from '@nabla/models'
import { evaluator } from '@nabla/labs'
import { compile, type Tensor } from 'nabla'
import { DataLoader, mnist } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { SGD } from 'nabla/optim'

/** Trains once through the data, and tells the loss after every step. Resolves to the share of the test images that is named rightly. */
export async function train(tell: (step: number, steps: number, loss: number) => void): Promise<number> {
  const data = { from: '/mnist', normalize: true }
  const loader = new DataLoader(await mnist('train', data), { batchSize: 128, shuffle: true, dropLast: true })
  const model = new LeNet()
  const optimizer = new SGD(model.parameters(), { lr: 0.02, momentum: 0.9 })
  const step = compile((images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model.forward(images), labels)
    loss.backward()
    optimizer.step()
    return loss
  })
  let count = 0
  for await (const [images, labels] of loader) tell(++count, loader.length, await step(images, labels).item())
  return (await evaluator(model, await mnist('test', data))()).accuracy
}
