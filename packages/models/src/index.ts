/** The model zoo: every architecture a file of its own, with the names of weights that PyTorch users know. */
export { AlexNet, alexnet } from './alexnet.js'
export { CausalSelfAttention } from './attention/causal.js'
export { doubleConv, vggFeatures } from './blocks/conv.js'
export { DenseLayer, denselyConnected } from './blocks/dense.js'
export { convNormReLU6, InvertedResidual } from './blocks/inverted-residual.js'
export {
  BasicBlock,
  Bottleneck,
  residualBlocks,
  type ResidualKind,
  type ResidualOptions,
  shortcut,
} from './blocks/residual.js'
export { CifarResNet, type CifarResNetOptions } from './cifar-resnet.js'
export { Conv3dNet, conv3dNet, type Conv3dNetOptions } from './conv3d-net.js'
export { DenseBlock, type DenseBlockOptions } from './dense-block.js'
export {
  DenseNet,
  densenet121,
  densenet161,
  densenet169,
  densenet201,
  densenetCifar,
  type DenseNetCifarOptions,
  type DenseNetOptions,
} from './densenet.js'
export { FCN, type FCNOptions } from './fcn.js'
export {
  GoogLeNet,
  googlenet,
  type GoogLeNetOptions,
  type GoogLeNetOutput,
  Inception,
  type InceptionWidths,
} from './googlenet.js'
export { GPT, GPTBlock, type GPTOptions } from './gpt.js'
export { LeNet, lenet, type LeNetOptions } from './lenet.js'
export { LeNet5, type LeNet5Options } from './lenet5.js'
export { LSTMLanguageModel, type LSTMLanguageModelOptions } from './lstm-language-model.js'
export { MLP, type MLPOptions } from './mlp.js'
export { NiN, nin, ninBlock } from './nin.js'
export { MobileNetV2, mobilenetV2, type MobileNetV2Options } from './mobilenet-v2.js'
export {
  ResNet,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  type ResNetOptions,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  wideResnet50_2,
  wideResnet101_2,
} from './resnet.js'
export { SpatialTransformer, spatialTransformer, type SpatialTransformerOptions } from './spatial-transformer.js'
export { Fire, SqueezeNet, squeezenet1_0, squeezenet1_1, type SqueezeNetOptions, type SqueezeNetVersion } from './squeezenet.js'
export { TinyResNet, type TinyResNetOptions } from './tiny-resnet.js'
export { TinyVGG, type TinyVGGOptions } from './tiny-vgg.js'
export { UNet, type UNetOptions } from './unet.js'
export {
  VGG,
  vgg11,
  vgg11Bn,
  vgg13,
  vgg13Bn,
  vgg16,
  vgg16Bn,
  vgg19,
  vgg19Bn,
  type VGGDepth,
  type VGGOptions,
} from './vgg.js'
export { ViT, type ViTOptions } from './vit.js'
export { checkImage } from './zoo/image.js'
export { type Stem, type ZooNetwork, type ZooOptions, type ZooSettings, zooSettings } from './zoo/options.js'
export { createModel, type ModelName, modelNames } from './zoo/registry.js'
export { loadWeights, type LoadWeightsOptions } from './zoo/weights.js'
