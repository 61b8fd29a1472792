/** Stands for `filter-gradient.ts` in bundles for browsers, where its size counts: filters' gradients are summed tap by tap there. */
export const filterGradientOf = (): undefined => undefined
export const sumBlocksOf = filterGradientOf
export const lowerSums = filterGradientOf
export const lowerGradient = filterGradientOf
