/** LeNet-5 learns MNIST in the page, written as a user would write it, while frames are counted. */
import { LeNet } from '@nabla/models'
import { compile, manualSeed, noGrad, setDefaultDevice, type Tensor } from 'nabla'
import { DataLoader, mnist } from 'nabla/data'
import { CrossEntropyLoss } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { countFrames } from './frames.js'
import { offer } from './offer.js'
import type { Training } from './results.js'

/** Trains on so many images once, then measures on so many test images. */
offer(async (device: string, images: number, testImages: number): Promise<Training> => {
  setDefaultDevice(device)
  manualSeed(0)
  const how = { from: '/mnist', normalize: true }
  const train = (await mnist('train', how)).take(images)
  const test = (await mnist('test', how)).take(testImages)
  const model = new LeNet()
  const criterion = new CrossEntropyLoss()
  const optimizer = new SGD(model.parameters(), { lr: 0.02, momentum: 0.9 })
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad()
    const loss = criterion.forward(model.forward(x), y)
    loss.backward()
    optimizer.step()
    return loss
  })
  const rightOnes = compile((x: Tensor, y: Tensor) => noGrad(() => model.forward(x).argmax(1).eq(y).sum()))

  const start = performance.now()
  const { result, frames } = await countFrames(async () => {
    const losses: number[] = []
    for await (const [x, y] of new DataLoader(train, { batchSize: 64, shuffle: true, dropLast: true }))
      losses.push(await step(x, y).item())
    let right = 0
    for await (const [x, y] of new DataLoader(test, { batchSize: 250 })) right += await rightOnes(x, y).item()
    return { losses, accuracy: right / test.length }
  })
  return { ...result, frames, seconds: (performance.now() - start) / 1000 }
})
