/** The settings that all labs of one network share. */
import type { OptionValues } from '../../options.js'

export const zooOptions = {
  data: {
    kind: 'choice',
    help: 'what to learn: clothes, digits or photographs',
    values: ['fashion-mnist', 'mnist', 'cifar10'],
    default: 'fashion-mnist',
  },
  size: {
    kind: 'number',
    help: 'height and width that images are resized to',
    whole: true,
    atLeast: 1,
    shown: "the images' own",
  },
  width: { kind: 'number', help: 'factor of all channels of the network', above: 0, default: 1 },
  epochs: { kind: 'number', help: 'times through the training data', whole: true, atLeast: 1, default: 10 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 128 },
  optimizer: {
    kind: 'choice',
    help: 'momentum is SGD with momentum 0.9',
    values: ['momentum', 'sgd', 'adam', 'adamw'],
    default: 'momentum',
  },
  lr: { kind: 'number', help: 'learning rate, the highest of its schedule', above: 0, shown: 'what suits the optimizer' },
  weightDecay: { kind: 'number', help: 'share of the weights that is taken off them, times the rate', atLeast: 0, default: 0 },
  schedule: {
    kind: 'choice',
    help: 'of the learning rate: constant; down along a cosine; up for a quarter, then down; falling over the last third',
    values: ['constant', 'cosine', 'one-cycle', 'fall'],
    default: 'one-cycle',
  },
  labelSmoothing: {
    kind: 'number',
    help: 'share of the truth that is spread over all classes',
    atLeast: 0,
    below: 1,
    default: 0,
  },
  augment: {
    kind: 'choice',
    help: 'training images are mirrored, moved by up to a seventh, or both; erasing: both, and a rectangle is blanked out',
    values: ['none', 'flip', 'crop', 'crop-flip', 'erasing'],
    default: 'none',
  },
  ema: {
    kind: 'number',
    help: 'how much an average of the weights keeps at each step; 0 for none',
    atLeast: 0,
    below: 1,
    default: 0,
  },
  flipAtTest: { kind: 'boolean', help: 'test images are named by their mean with their mirror images', default: false },
  inputs: {
    kind: 'choice',
    help: 'pixels with mean 0 and deviation 1, or as they are in 0..1',
    values: ['normalized', 'plain'],
    default: 'normalized',
  },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 60_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

/** Training as in "Dive into Deep Learning": plain descent at one rate, on pixels in 0..1, ten times through the data. */
export const plainTraining = { epochs: 10, optimizer: 'sgd', schedule: 'constant', inputs: 'plain' } as const

/** The same, where a lab's defaults are otherwise. */
export const nothingElse = {
  batchSize: 256,
  weightDecay: 0,
  labelSmoothing: 0,
  augment: 'none',
  ema: 0,
  flipAtTest: false,
} as const

/** Further settings, for networks that have them. */
export const networkOptions = {
  stem: {
    kind: 'choice',
    help: 'how the network begins: small for images of 28 to 64 pixels, imagenet as published, for 224',
    values: ['small', 'imagenet'],
    default: 'small',
  },
  dropout: { kind: 'number', help: 'share of hidden units that is dropped', atLeast: 0, below: 1, shown: 'as published: 0.5' },
} as const

export type ZooOptionSpecs = typeof zooOptions

/** Values of the shared settings. */
export type ZooValues = OptionValues<ZooOptionSpecs>

/** Other defaults of the shared settings: `{ size: 64, lr: 0.05 }`. */
export type ZooDefaults = Partial<ZooValues>

/** The shared settings with other defaults, for some of the data sets. */
export const zooOptionsWith = (
  defaults: ZooDefaults = {},
  data: readonly ZooValues['data'][] = zooOptions.data.values,
): ZooOptionSpecs =>
  Object.fromEntries(
    Object.entries({ ...zooOptions, data: { ...zooOptions.data, values: data } }).map(([name, spec]) => {
      const other = defaults[name as keyof ZooOptionSpecs]
      return [name, other === undefined ? spec : { ...spec, default: other }]
    }),
  ) as unknown as ZooOptionSpecs
