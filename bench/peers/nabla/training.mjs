/** A training step as users write it. */
import { compile } from 'nabla'

/** Calling what this returns starts a step on one batch and returns its loss. */
export function trainOn(inputs, targets, lossOf, optimizer) {
  const step = compile((x, y) => {
    optimizer.zeroGrad()
    const loss = lossOf(x, y)
    loss.backward()
    optimizer.step()
    return loss
  })
  return () => step(inputs, targets)
}
