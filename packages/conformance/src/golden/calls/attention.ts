/** Attention and Transformers. */
import * as nn from 'nabla/nn'
import type { Arguments, ModuleTable } from '../call.js'
import { camelOptions, given } from '../names.js'

/** Options of `forward` under their names here, without those that a case records as absent. */
const present = (args: Arguments): Arguments => camelOptions(given(args))

export const attention: ModuleTable = {
  'torch.nn.MultiheadAttention': {
    build: ({ embed_dim, num_heads, ...rest }) => new nn.MultiheadAttention(embed_dim, num_heads, camelOptions(rest)),
    forward: (module, { query, key, value, ...rest }) =>
      (module as nn.MultiheadAttention).forward(query, key, value, present(rest)),
  },
  'torch.nn.TransformerEncoderLayer': {
    build: ({ d_model, nhead, ...rest }) => new nn.TransformerEncoderLayer(d_model, nhead, camelOptions(rest)),
    forward: (module, { src, ...rest }) => (module as nn.TransformerEncoderLayer).forward(src, present(rest)),
  },
  'torch.nn.TransformerDecoderLayer': {
    build: ({ d_model, nhead, ...rest }) => new nn.TransformerDecoderLayer(d_model, nhead, camelOptions(rest)),
    forward: (module, { tgt, memory, ...rest }) => (module as nn.TransformerDecoderLayer).forward(tgt, memory, present(rest)),
  },
  'torch.nn.Transformer': {
    build: ({ d_model, nhead, ...rest }) => new nn.Transformer(d_model, nhead, camelOptions(rest)),
    forward: (module, { src, tgt, ...rest }) => (module as nn.Transformer).forward(src, tgt, present(rest)),
  },
}
