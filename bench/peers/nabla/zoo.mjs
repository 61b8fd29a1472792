/** Networks of torchvision from Nabla's zoo: a training step, and prediction. */
import { createModel } from '@nabla/models'
import { compile, manualSeed, noGrad, tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { labels, uniform } from '../../data.mjs'
import { trainOn } from './training.mjs'

/** The network and a batch; it must be the one that the workload describes. */
export function networkOf({ model, options, classes, input, counts }) {
  manualSeed(0)
  const net = createModel(model, { numClasses: classes, ...options })
  const { parameters, multiplyAdds } = nn.summary(net, [1, ...input.slice(1)])
  if (parameters !== counts.parameters || multiplyAdds !== counts.multiplyAdds)
    throw new Error(
      `another network: it has ${parameters} parameters and ${multiplyAdds} multiply-adds, expected ${counts.parameters} and ${counts.multiplyAdds}`,
    )
  return { net, x: tensor(uniform(input.reduce((a, b) => a * b)), { shape: input }) }
}

/** The step of a zoo workload: calling it starts one and returns its loss. */
export function zooStep(workload) {
  const { net, x } = networkOf(workload)
  const { lr, momentum } = workload
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new SGD(net.parameters(), { lr, momentum })
  return trainOn(x, tensor(labels(workload)), (images, targets) => criterion.forward(net.forward(images), targets), optimizer)
}

/** The step of a prediction workload: calling it starts one and returns the logits. */
export function predictionStep(workload) {
  const { net, x } = networkOf(workload)
  net.eval()
  const predict = compile((images) => noGrad(() => net.forward(images)))
  return () => predict(x)
}
