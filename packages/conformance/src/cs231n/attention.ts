/** Assignment 3: attention, the transformer decoder, captioning with it, patches. Linear weights are [out, in]. */
import { arange, eye, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import type { Arguments } from '../golden/call.js'
import { type FunctionTable, type Inputs, keep, need } from './table.js'

const F = nn.functional

/** The arrays whose names begin with `prefix`, without it. */
const under = (inputs: Inputs, prefix: string): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  )

/** The linear layer whose weight and bias carry a name. */
const linear = (inputs: Inputs, name: string, x: Tensor): Tensor =>
  F.linear(x, need(inputs, `${name}_weight`), inputs[`${name}_bias`] ?? null)

const layerNorm = (inputs: Inputs, name: string, x: Tensor, { eps = 1e-5 }: Arguments): Tensor =>
  F.layerNorm(x, x.shape.slice(-1), { weight: need(inputs, `${name}_weight`), bias: need(inputs, `${name}_bias`), eps })

interface Masks {
  /** (S, T): 0 is left out. */
  readonly attn?: Tensor | undefined
  /** (N, heads, S, T): 0 is dropped. */
  readonly dropout?: Tensor | undefined
}

/** query (N, S, E), key and value (N, T, E), projections by the names key, query, value and proj. */
function multiHead(inputs: Inputs, query: Tensor, key: Tensor, value: Tensor, params: Arguments, masks: Masks): Tensor {
  const heads = (name: string, x: Tensor): Tensor =>
    linear(inputs, name, x).unflatten(-1, [params['num_heads'], -1]).transpose(1, 2) // (N, heads, T, E / heads)
  const [q, k, v] = [heads('query', query), heads('key', key), heads('value', value)]
  const attnMask = masks.attn?.ne(0) ?? null
  // The recorded dropout is of the weights: attention to an identity gives them.
  const weights = F.scaledDotProductAttention(q, k, eye(key.shape[1]!, undefined, { dtype: q.dtype }), { attnMask })
  const attended = keep(weights, masks.dropout, params).matmul(v) // (N, heads, S, E / heads)
  return linear(inputs, 'proj', attended.transpose(1, 2).flatten(2))
}

/** What differs between editions: names of the linear layers and of the norms, and the activation between. */
interface DecoderNames {
  readonly linears: readonly [string, string]
  readonly norms: readonly [string, string, string]
  readonly activation: (x: Tensor) => Tensor
}
const edition2024: DecoderNames = { linears: ['linear1', 'linear2'], norms: ['norm1', 'norm2', 'norm3'], activation: F.relu }
const edition2026: DecoderNames = {
  linears: ['fc1', 'fc2'],
  norms: ['norm_self', 'norm_cross', 'norm_ffn'],
  activation: (x) => F.gelu(x),
}

/** Self-attention, attention to `memory`, feed-forward; after each dropout, the residual and a norm. */
function decoderLayer(inputs: Inputs, x: Tensor, memory: Tensor, causal: Tensor | undefined, params: Arguments): Tensor {
  const { linears, norms, activation } = 'fc1_weight' in inputs ? edition2026 : edition2024
  const attend = (name: string, to: Tensor, attn?: Tensor): Tensor =>
    multiHead(under(inputs, `${name}_`), x, to, to, params, { attn, dropout: inputs[`${name}_mask`] })
  const join = (part: number, value: Tensor): Tensor =>
    layerNorm(inputs, norms[part]!, x.add(keep(value, inputs[`drop${part + 1}_mask`], params)), params)
  x = join(0, attend('self_attn', x, causal))
  x = join(1, attend('cross_attn', memory))
  const hidden = keep(activation(linear(inputs, linears[0], x)), inputs['ffn_mask'], params)
  return join(2, linear(inputs, linears[1], hidden))
}

const withPositions = (x: Tensor): Tensor => new nn.PositionalEncoding(x.shape[2]!, { batchFirst: true, dropout: 0 }).forward(x)

export const attention: FunctionTable = {
  MultiHeadAttention: (inputs, params) => {
    const [query, key, value] = [need(inputs, 'query'), need(inputs, 'key'), need(inputs, 'value')]
    const masks = { attn: inputs['attn_mask'], dropout: inputs['dropout_keep_mask'] }
    return { out: multiHead(inputs, query, key, value, params, masks) }
  },
  PositionalEncoding: (inputs, params) => ({
    out: keep(withPositions(need(inputs, 'x')), inputs['dropout_keep_mask'], params),
  }),
  TransformerDecoderLayer: (inputs, params) => ({
    out: decoderLayer(inputs, need(inputs, 'tgt'), need(inputs, 'memory'), inputs['tgt_mask'], params),
  }),
  PatchEmbedding: (inputs, { patch_size: p }) => {
    const [x, weight] = [need(inputs, 'x'), need(inputs, 'proj_weight')]
    const filters = weight.unflatten(1, [x.shape[1]!, p, p])
    return { out: F.conv2d(x, filters, need(inputs, 'proj_bias'), { stride: p }).flatten(2).transpose(1, 2) }
  },
  'CaptioningTransformer.forward': (inputs, params) => {
    const memory = linear(inputs, 'visual_projection', need(inputs, 'features')).unsqueeze(1) // one token
    const captions = need(inputs, 'captions')
    const length = captions.shape[1]!
    let x = keep(withPositions(F.embedding(captions, need(inputs, 'embedding_weight'))), inputs['pe_mask'], params)
    const position = arange(length)
    const causal = position.unsqueeze(1).ge(position)
    for (let layer = 0; layer < params['num_layers']; layer++)
      x = decoderLayer(under(inputs, `layer${layer}_`), x, memory, causal, params)
    return { scores: linear(inputs, 'output', x) }
  },
}
