/**
 * The networks of torchvision that are measured, by its names: a training step of each, and prediction of one image and of a batch. What
 * they are made of is written down, so that a peer notices when its network is another one: parameters, multiply-adds of an image's
 * forward pass, and those of the first layer (nobody asks for the gradient of its input).
 */

const classes = 10

/** One training step: forward, cross entropy, backward, SGD with momentum 0.9. `options` are those of Nabla's zoo. */
const zoo = (name, model, options, input, [parameters, multiplyAdds, first]) => ({
  name,
  kind: 'zoo',
  model,
  options,
  input,
  classes,
  counts: { parameters, multiplyAdds, first },
  lr: 0.001, // small, as for the other networks
  momentum: 0.9,
  rounds: 3,
})

/** Logits in evaluation mode, without gradients. */
const prediction = ({ name, model, options, input, counts }, batch) => ({
  name: `${name}-predict-${batch}`,
  kind: 'prediction',
  model,
  options,
  input: [batch, ...input.slice(1)],
  classes,
  counts,
  rounds: 3,
})

export const networks = [
  zoo('resnet18', 'resnet18', { stem: 'small' }, [32, 3, 32, 32], [11_173_962, 555_422_720, 1_769_472]),
  zoo('alexnet', 'alexnet', {}, [64, 3, 64, 64], [57_044_810, 94_089_920, 5_227_200]),
  zoo('vgg11', 'vgg11', { width: 0.25 }, [32, 3, 64, 64], [8_060_522, 46_999_552, 1_769_472]),
  zoo('googlenet', 'googlenet', { auxLogits: false }, [32, 3, 96, 96], [5_610_154, 275_034_112, 21_676_032]),
  zoo('densenet', 'densenet_cifar', {}, [64, 3, 32, 32], [769_210, 287_929_692, 663_552]),
  zoo('mobilenetv2', 'mobilenet_v2', {}, [32, 3, 64, 64], [2_236_682, 24_461_312, 884_736]),
]

export const predictions = networks.flatMap((network) => [1, 32].map((batch) => prediction(network, batch)))
