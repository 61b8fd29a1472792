/**
 * `nabla/ops`: the floor below tensors, for those who build on it. The primitives' definitions, and the builder in which graphs of them
 * are written: `new Tensor(builder.tanh(x.node))` is a tensor again.
 */
export { type Attr, type Attrs, Node, topological } from '../graph/node.js'
export { builder } from './builder.js'
export { makeNode } from './make.js'
export type {
  AffineForm,
  Builder,
  ContractAttrs,
  Dense,
  ElementwiseOp,
  MovementOp,
  Op,
  ReduceOp,
  Sample,
  SourceOp,
  SpecialOp,
  TensorType,
} from './op.js'
export { opOf, ops } from './table.js'
