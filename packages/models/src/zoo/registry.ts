/** The networks of the zoo by name: torchvision's own names where it has the model. */
import { unknownName } from 'nabla'
import { alexnet } from '../alexnet.js'
import { densenet121, densenet161, densenet169, densenet201, densenetCifar } from '../densenet.js'
import { googlenet } from '../googlenet.js'
import { lenet } from '../lenet.js'
import { mobilenetV2 } from '../mobilenet-v2.js'
import { nin } from '../nin.js'
import {
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  wideResnet50_2,
  wideResnet101_2,
} from '../resnet.js'
import { spatialTransformer } from '../spatial-transformer.js'
import { squeezenet1_0, squeezenet1_1 } from '../squeezenet.js'
import { vgg11, vgg11Bn, vgg13, vgg13Bn, vgg16, vgg16Bn, vgg19, vgg19Bn } from '../vgg.js'
import type { ZooNetwork, ZooOptions } from './options.js'

const builders = {
  alexnet,
  densenet121,
  densenet161,
  densenet169,
  densenet201,
  densenet_cifar: densenetCifar,
  googlenet,
  lenet,
  mobilenet_v2: mobilenetV2,
  nin,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  spatial_transformer: spatialTransformer,
  squeezenet1_0,
  squeezenet1_1,
  vgg11,
  vgg11_bn: vgg11Bn,
  vgg13,
  vgg13_bn: vgg13Bn,
  vgg16,
  vgg16_bn: vgg16Bn,
  vgg19,
  vgg19_bn: vgg19Bn,
  wide_resnet50_2: wideResnet50_2,
  wide_resnet101_2: wideResnet101_2,
} as const satisfies Readonly<Record<string, (options?: ZooOptions) => ZooNetwork>>

/** The name of a network of the zoo. */
export type ModelName = keyof typeof builders

/** The names that `createModel` knows. */
export const modelNames: readonly ModelName[] = /* @__PURE__ */ Object.keys(builders) as ModelName[]

/**
 * A network by name, with random weights: `createModel('resnet18', { numClasses: 10, stem: 'small' })`. A name that does not exist is an
 * error that says the nearest. A program that always wants the same network imports its function instead, and with it no other.
 */
export function createModel(name: ModelName | (string & {}), options: ZooOptions = {}): ZooNetwork {
  if (!Object.hasOwn(builders, name)) throw unknownName('argument', 'model', name, modelNames)
  return builders[name as ModelName](options)
}
