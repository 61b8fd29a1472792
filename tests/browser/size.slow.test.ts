/** What a page pays for the library, zipped: ceilings, and which floor it is that grows. Needs a build. */
import { expect, test } from 'vitest'
import { bundle, everything, sizeOf, sizesByFloor } from './bundle.js'

/** Tensors, autograd, the compiler, layers, an optimizer, and the devices that a page has. */
const trains = `
import { compile, tensor } from 'nabla'
import { Conv2d, CrossEntropyLoss, Flatten, Linear, ReLU, Sequential } from 'nabla/nn'
import { SGD } from 'nabla/optim'

const net = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten(), new Linear(2704, 10))
const criterion = new CrossEntropyLoss()
const optimizer = new SGD(net.parameters(), { lr: 0.1 })
export const step = compile((x, y) => {
  optimizer.zeroGrad()
  const loss = criterion.forward(net.forward(x), y)
  loss.backward()
  optimizer.step()
  return loss
})
export { tensor }`

test.each([
  ['a page that trains a convolutional network', trains, 120],
  ['everything there is', everything, 400],
])('%s stays under its ceiling', async (_, code, kilobytes) => {
  const built = await bundle(code)
  const table = sizesByFloor(built).map(([floor, bytes]) => `${floor} ${(bytes / 1000).toFixed(1)}`)
  expect(sizeOf(built) / 1000, `kB, of which: ${table.join(', ')}`).toBeLessThan(kilobytes)
})

test('what is not used is not there', async () => {
  const floors = sizesByFloor(await bundle(trains)).map(([floor]) => floor)
  expect(floors).toEqual(expect.arrayContaining(['tensor', 'compiler', 'nn', 'optim']))
  for (const absent of ['linalg', 'ml-matrix', 'data', 'io', 'metrics', 'vision', 'text', 'tables', 'transforms', 'train'])
    expect(floors).not.toContain(absent)
  expect(sizesByFloor(await bundle(`import 'nabla'; import 'nabla/nn'; import 'nabla/optim'`))).toEqual([])
})
