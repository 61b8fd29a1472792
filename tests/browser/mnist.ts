/** MNIST's files, as this machine has them or gets them, for a server to give to a page. */
import { encodeIdx, imageSetEntry, mnist, type Split } from 'nabla/data'

/** The four idx files by their paths below `/mnist/`. */
export async function mnistFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const split of ['train', 'test'] satisfies Split[]) {
    const { images, labels } = imageSetEntry('mnist').splits[split]
    const set = await mnist(split, { report: false })
    files.set(`/mnist/${images.name}`, encodeIdx({ shape: [set.length, 28, 28], data: set.images }))
    files.set(`/mnist/${labels.name}`, encodeIdx({ shape: [set.length], data: set.labels }))
  }
  return files
}
