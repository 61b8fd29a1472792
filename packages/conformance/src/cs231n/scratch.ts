/**
 * The functions of assignments 1 and 2, computed by the layers, networks and update rules of the labs, whose gradients are written by hand: what `--target scratch`
 * runs instead of the library's own.
 */
import * as scratch from '@nabla/labs/cs231n/scratch'
import { tensor, type Tensor, zerosLike } from 'nabla'
import type { Arguments, Result } from '../golden/call.js'
import { withMoments } from './layers.js'
import { type FunctionTable, type Inputs, need } from './table.js'

/** Whether a case is one of the assignments that are worked out from scratch. */
export const isFromScratch = (assignment: string | undefined): boolean => /^a[12]\b/.test(assignment ?? '')

const xwb = (inputs: Inputs) => [need(inputs, 'x'), need(inputs, 'w'), need(inputs, 'b')] as const
const scaled = (inputs: Inputs) => [need(inputs, 'x'), need(inputs, 'gamma'), need(inputs, 'beta')] as const

/** In test mode the running statistics that the case has. */
function statistics(inputs: Inputs, { mode = 'train', eps = 1e-5 }: Arguments): scratch.BatchnormOptions {
  if (mode !== 'test') return { eps }
  return { eps, mode, running: { mean: need(inputs, 'running_mean'), variance: need(inputs, 'running_var') } }
}

const layers: FunctionTable = {
  affine_forward: (inputs) => ({ out: scratch.affineForward(...xwb(inputs))[0] }),
  relu_forward: (inputs) => ({ out: scratch.reluForward(need(inputs, 'x'))[0] }),
  affine_relu_forward: (inputs) => ({ out: scratch.affineReluForward(...xwb(inputs))[0] }),
  dropout_forward: (inputs, { mode = 'train', keep_prob, p = keep_prob }) => {
    const mask = inputs['mask'] ?? inputs['dropout_mask']
    return { out: scratch.dropoutForward(need(inputs, 'x'), { keep: p, mode, mask })[0] }
  },
  conv_forward: (inputs, { stride, pad }) => ({ out: scratch.convForwardIm2col(...xwb(inputs), { stride, pad })[0] }),
  conv_forward_naive: (inputs, { stride, pad }) => ({ out: scratch.convForwardNaive(...xwb(inputs), { stride, pad })[0] }),
  max_pool_forward: (inputs, { pool_height: poolHeight, pool_width: poolWidth, stride }) => {
    const [x, options] = [need(inputs, 'x'), { poolHeight, poolWidth, stride }]
    const forward = scratch.tiles(x, options) ? scratch.maxPoolForwardFast : scratch.maxPoolForwardNaive
    return { out: forward(x, options)[0] }
  },
  batchnorm_forward: (inputs, params) =>
    withMoments(scratch.batchnormForward(...scaled(inputs), statistics(inputs, params))[0], [0]),
  spatial_batchnorm_forward: (inputs, params) =>
    withMoments(scratch.spatialBatchnormForward(...scaled(inputs), statistics(inputs, params))[0], [0, 2, 3]),
  layernorm_forward: (inputs, { eps = 1e-5 }) => withMoments(scratch.layernormForward(...scaled(inputs), { eps })[0], [1]),
  spatial_groupnorm_forward: (inputs, { G, eps = 1e-5 }) => {
    const [out] = scratch.spatialGroupnormForward(...scaled(inputs), G, { eps })
    return withMoments(out, [2], out.reshape([out.shape[0]!, G, -1]))
  },
}

const losses: FunctionTable = {
  softmax_loss: (inputs) => ({ ...scratch.softmaxLoss(need(inputs, 'x'), need(inputs, 'y')) }),
  svm_loss: (inputs) => ({ ...scratch.svmLoss(need(inputs, 'x'), need(inputs, 'y')) }),
}

/** The assignments' later editions count half the squares, earlier ones all of them: the strength makes up for it. */
const strength = ({ reg = 0, reg_factor = 0.5 }: Arguments): number => reg * 2 * reg_factor

const floatOf = ({ dtype }: Tensor): 'float32' | 'float64' => (dtype === 'float64' ? dtype : 'float32')

/** Scores, and with labels the loss, of a network that has the parameters of the case. */
function answer(net: scratch.Network, inputs: Inputs, reg: number, mode: scratch.Mode = 'train'): Result {
  for (const name of Object.keys(net.params)) net.params[name] = need(inputs, name)
  const [x, y] = [need(inputs, 'X'), inputs['y']]
  if (!y) return { scores: net.scores(x) }
  if (mode === 'train') return { loss: net.loss(x, y).loss }
  const { loss } = scratch.softmaxLoss(net.scores(x), y)
  const grads = Object.fromEntries(Object.entries(net.params).map(([name, w]) => [name, zerosLike(w)]))
  return { loss: scratch.addPenalty({ loss, grads }, net.params, reg).loss }
}

function fullyConnected(inputs: Inputs, params: Arguments): Result {
  const { num_layers, normalization, mode = 'train', keep_prob = 1 } = params
  const depth: number = num_layers ?? Object.keys(inputs).filter((name) => /^W\d+$/.test(name)).length
  const units = Array.from({ length: depth }, (_, i) => need(inputs, `W${i + 1}`).shape[1]!)
  const x = need(inputs, 'X')
  const net = new scratch.FullyConnectedNet({
    inputDim: need(inputs, 'W1').shape[0]!,
    hiddenDims: units.slice(0, -1),
    numClasses: units.at(-1)!,
    normalization,
    keep: keep_prob,
    reg: strength(params),
    dtype: floatOf(x),
  })
  net.masks = units.slice(0, -1).map((_, i) => inputs[`dropout_mask${i + 1}`])
  net.running.forEach((running, i) => {
    if (mode !== 'test') return
    running.mean.assign(need(inputs, `running_mean${i + 1}`))
    running.variance.assign(need(inputs, `running_var${i + 1}`))
  })
  return answer(net, inputs, strength(params), mode)
}

function threeLayerConvNet(inputs: Inputs, params: Arguments): Result {
  const [w1, w2, w3] = [need(inputs, 'W1'), need(inputs, 'W2'), need(inputs, 'W3')]
  const x = need(inputs, 'X')
  const net = new scratch.ThreeLayerConvNet({
    inputDim: x.shape.slice(1) as unknown as [number, number, number],
    numFilters: w1.shape[0]!,
    filterSize: w1.shape[2]!,
    hiddenDim: w2.shape[1]!,
    numClasses: w3.shape[1]!,
    reg: strength(params),
    dtype: floatOf(x),
  })
  return answer(net, inputs, strength(params))
}

/** One step of a rule from the weights, gradient and memory of the case; what it remembers by the assignments' names, which are ours. */
function step(name: scratch.RuleName, inputs: Inputs, config: scratch.RuleConfig, memory: scratch.RuleState = {}): Result {
  const w = need(inputs, 'w')
  const rule = scratch.updateRules[name]
  const given = Object.fromEntries(
    Object.keys(rule.start(w)).map((part) => [part, memory[part] ?? inputs[part] ?? rule.start(w)[part]!]),
  )
  const { w: next, state } = rule.update(w, need(inputs, 'dw'), given, config)
  return { next_w: next, ...state }
}

const rates = ({ learning_rate: learningRate }: Arguments): scratch.RuleConfig =>
  learningRate === undefined ? {} : { learningRate }

const rules: FunctionTable = {
  sgd: (inputs, params) => step('sgd', inputs, rates(params)),
  sgd_momentum: (inputs, params) => step('sgdMomentum', inputs, { ...rates(params), momentum: params['momentum'] ?? 0.9 }),
  rmsprop: (inputs, params) => {
    const { decay_rate: decayRate = 0.99, epsilon = 1e-8 } = params
    return step('rmsprop', inputs, { ...rates(params), decayRate, epsilon })
  },
  adam: (inputs, params) => {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, t = 0 } = params
    return step('adam', inputs, { ...rates(params), beta1, beta2, epsilon }, { t: tensor(t, { dtype: 'float64' }) })
  },
}

export const scratchFunctions: FunctionTable = {
  ...layers,
  ...losses,
  ...rules,
  'TwoLayerNet.loss': fullyConnected,
  'FullyConnectedNet.loss': fullyConnected,
  'ThreeLayerConvNet.loss': threeLayerConvNet,
}
