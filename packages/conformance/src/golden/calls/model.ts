/** Whole models, by the names of their classes; constructors take the recorded keyword arguments in camelCase. */
import {
  BasicBlock,
  Bottleneck,
  CausalSelfAttention,
  DenseBlock,
  DenseLayer,
  FCN,
  GPT,
  GPTBlock,
  LeNet5,
  LSTMLanguageModel,
  MLP,
  TinyResNet,
  TinyVGG,
  UNet,
  ViT,
} from '@nabla/models'
import type * as nn from 'nabla/nn'
import type { ModuleCall, ModuleTable } from '../call.js'
import { camelOptions } from '../names.js'

/** A model that is built from one options object. */
const model = <O>(Model: new (options: O) => nn.Module): ModuleCall => ({ build: (kwargs) => new Model(camelOptions(kwargs)) })

export const models: ModuleTable = {
  'models.LeNet5': model(LeNet5),
  'models.MLP': model(MLP),
  'models.TinyResNet': model(TinyResNet),
  'models.TinyVGG': model(TinyVGG),
  'models.DenseBlock': model(DenseBlock),
  'models.UNet': model(UNet),
  'models.FCN': model(FCN),
  'models.ViT': model(ViT),
  'models.LSTMLanguageModel': model(LSTMLanguageModel),
  'models.GPT': model(GPT),
  'models.BasicBlock': { build: ({ inplanes, planes, stride }) => new BasicBlock(inplanes, planes, stride) },
  'models.Bottleneck': { build: ({ inplanes, planes, stride }) => new Bottleneck(inplanes, planes, stride) },
  'models.DenseLayer': { build: ({ inputs, growth, bottleneck }) => new DenseLayer(inputs, growth, bottleneck) },
  'models.CausalSelfAttention': { build: ({ embed_dim, num_heads }) => new CausalSelfAttention(embed_dim, num_heads) },
  'models.GPTBlock': { build: ({ embed_dim, num_heads }) => new GPTBlock(embed_dim, num_heads) },
}
