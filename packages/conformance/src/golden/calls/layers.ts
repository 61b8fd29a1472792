/** Layers: linear, normalisation, embedding, dropout. */
import * as nn from 'nabla/nn'
import type { Arguments, ModuleCall, ModuleTable } from '../call.js'
import { camelOptions } from '../names.js'

/** A class whose first settings are positional here; all others are options. */
function layer(positional: readonly string[], make: (first: readonly number[], options: Arguments) => nn.Module): ModuleCall {
  return {
    build(kwargs) {
      const rest = Object.fromEntries(Object.entries(kwargs).filter(([name]) => !positional.includes(name)))
      return make(
        positional.map((name) => kwargs[name]),
        camelOptions(rest),
      )
    },
  }
}

const features = ['num_features']
const vectors = ['num_embeddings', 'embedding_dim']

export const layers: ModuleTable = {
  'torch.nn.Linear': layer(['in_features', 'out_features'], ([from, to], o) => new nn.Linear(from!, to!, o)),
  'torch.nn.Bilinear': {
    ...layer(['in1_features', 'in2_features', 'out_features'], ([x, y, to], o) => new nn.Bilinear(x!, y!, to!, o)),
    forward: (module, { input1, input2 }) => (module as nn.Bilinear).forward(input1, input2),
  },
  'torch.nn.Identity': { build: () => new nn.Identity() },
  'torch.nn.Flatten': { build: ({ start_dim, end_dim }) => new nn.Flatten(start_dim, end_dim) },
  'torch.nn.Unflatten': { build: ({ dim, unflattened_size }) => new nn.Unflatten(dim, unflattened_size) },

  'torch.nn.Embedding': layer(vectors, ([count, size], o) => new nn.Embedding(count!, size!, o)),
  'torch.nn.EmbeddingBag': {
    ...layer(vectors, ([count, size], o) => new nn.EmbeddingBag(count!, size!, o)),
    forward: (module, { input, offsets, per_sample_weights: perSampleWeights }) =>
      (module as nn.EmbeddingBag).forward(input, offsets, { perSampleWeights }),
  },

  'torch.nn.BatchNorm1d': layer(features, ([n], o) => new nn.BatchNorm1d(n!, o)),
  'torch.nn.BatchNorm2d': layer(features, ([n], o) => new nn.BatchNorm2d(n!, o)),
  'torch.nn.BatchNorm3d': layer(features, ([n], o) => new nn.BatchNorm3d(n!, o)),
  'torch.nn.InstanceNorm1d': layer(features, ([n], o) => new nn.InstanceNorm1d(n!, o)),
  'torch.nn.InstanceNorm2d': layer(features, ([n], o) => new nn.InstanceNorm2d(n!, o)),
  'torch.nn.InstanceNorm3d': layer(features, ([n], o) => new nn.InstanceNorm3d(n!, o)),
  'torch.nn.LayerNorm': { build: ({ normalized_shape, ...rest }) => new nn.LayerNorm(normalized_shape, camelOptions(rest)) },
  'torch.nn.RMSNorm': { build: ({ normalized_shape, ...rest }) => new nn.RMSNorm(normalized_shape, camelOptions(rest)) },
  'torch.nn.GroupNorm': layer(['num_groups', 'num_channels'], ([groups, channels], o) => new nn.GroupNorm(groups!, channels!, o)),
  'torch.nn.LocalResponseNorm': layer(['size'], ([size], o) => new nn.LocalResponseNorm(size!, o)),

  'torch.nn.Dropout': { build: ({ p }) => new nn.Dropout(p) },
  'torch.nn.Dropout1d': { build: ({ p }) => new nn.Dropout1d(p) },
  'torch.nn.Dropout2d': { build: ({ p }) => new nn.Dropout2d(p) },
  'torch.nn.Dropout3d': { build: ({ p }) => new nn.Dropout3d(p) },
  'torch.nn.AlphaDropout': { build: ({ p }) => new nn.AlphaDropout(p) },
  'torch.nn.FeatureAlphaDropout': { build: ({ p }) => new nn.FeatureAlphaDropout(p) },

  'torch.nn.PReLU': { build: ({ num_parameters, ...rest }) => new nn.PReLU(num_parameters, camelOptions(rest)) },
}
