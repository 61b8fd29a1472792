/** What a page learns of the devices, and whether it can train on one. */
import { describeDevices, setDefaultDevice, tensor } from 'nabla'
import { Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { offer } from './offer.js'
import type { Devices } from './results.js'

async function train(): Promise<number[]> {
  const model = new Linear(2, 1)
  const optimizer = new SGD(model.parameters(), { lr: 0.05 })
  const x = tensor([
    [1, 2],
    [3, 4],
  ])
  const losses: number[] = []
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad()
    const loss = model.forward(x).sub(1).square().mean()
    loss.backward()
    optimizer.step()
    losses.push(await loss.item())
  }
  return losses
}

offer(async (device: string): Promise<Devices> => {
  const devices = describeDevices()
  try {
    setDefaultDevice(device)
    return { devices, losses: await train() }
  } catch (error) {
    return { devices, error: String(error) }
  }
})
