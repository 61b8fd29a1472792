/** The step of any workload, by its kind; only what that one needs is loaded. */

const steps = {
  matmul: async () => (await import('./networks.mjs')).productStep,
  training: async () => (await import('./networks.mjs')).trainingStep,
  zoo: async () => (await import('./zoo.mjs')).zooStep,
  prediction: async () => (await import('./zoo.mjs')).predictionStep,
  model: async () => (await import('./models.mjs')).modelStep,
  operator: async () => (await import('./operators.mjs')).operatorStep,
}

/** Calling what this gives starts a step and returns its result, or a list of them. */
export async function stepOf(workload) {
  const build = await steps[workload.kind]()
  return build(workload)
}
