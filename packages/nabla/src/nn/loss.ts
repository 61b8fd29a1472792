/** Losses as modules: `forward(input, target)`. */
export * from './loss-classes.js'
export * from './loss-margin.js'
export * from './loss-regression.js'
