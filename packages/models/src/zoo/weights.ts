/** Weights from elsewhere, with or without the classifier. */
import { NablaError, type Tensor } from 'nabla'
import type * as nn from 'nabla/nn'
import type { ZooNetwork } from './options.js'

/** How weights are loaded. */
export interface LoadWeightsOptions {
  /**
   * 'load' (default) takes everything; 'skip' leaves the network's classifiers (`head`, `furtherHeads`) as they are, whatever the weights have there:
   * for another number of classes.
   */
  readonly head?: 'load' | 'skip'
}

/**
 * Puts weights into a network of the zoo, by torchvision's names. Entries that are missing, unexpected or of another shape are all named
 * in one NablaError('data'), and nothing is changed then; where only the classifier differs, the error says how to leave it out.
 *
 *     loadWeights(createModel('resnet18', { numClasses: 10 }), await loadTorch('resnet18-f37072fd.pth'), { head: 'skip' })
 *
 * @returns the network.
 */
export function loadWeights<N extends ZooNetwork>(
  network: N,
  weights: Readonly<Record<string, Tensor>>,
  { head = 'load' }: LoadWeightsOptions = {},
): N {
  if (head !== 'load' && head !== 'skip')
    throw new NablaError('argument', `[loadWeights] head is 'load' or 'skip', not '${String(head)}'`, { head })
  const heads = [network.head, ...(network.furtherHeads ?? [])].map((path) => `${path}.`)
  const inHead = (name: string): boolean => heads.some((prefix) => name.startsWith(prefix))
  const part = (dict: Readonly<nn.StateDict>, ofHead: boolean): nn.StateDict =>
    Object.fromEntries(Object.entries(dict).filter(([name]) => inHead(name) === ofHead))
  if (head === 'skip') {
    network.loadStateDict({ ...part(weights, false), ...part(network.stateDict(), true) })
    return network
  }
  try {
    network.loadStateDict(weights)
  } catch (error) {
    if (!(error instanceof NablaError) || error.kind !== 'data') throw error
    const names = ['missing', 'unexpected', 'wrong'].flatMap((kind) => (error.facts[kind] ?? []) as readonly string[])
    const hint = names.every(inHead) ? `\nOnly the classifier differs: { head: 'skip' } loads all but ${network.head}` : ''
    throw new NablaError('data', error.message + hint, error.facts)
  }
  return network
}
