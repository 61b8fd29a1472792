/**
 * An optimizer's rule: how one parameter moves, as a pure formula that is the same for every element, apart from all bookkeeping.
 *
 *     settings, count of steps   --scalars-->  numbers of this step, computed once on the host     { rate, beta1, ... }
 *     p, gradient, state, scalars --update-->  the next p and the next state                       element by element
 *
 * So the updates of all parameters of a group read the same few scalars, and differ in nothing but the tensors they work on.
 */
import type { Node } from '../graph/node.js'
import type { CommonOptions, SettingRules } from './group.js'
import type { Clock, Nodes, Numbers } from './scalars.js'

/** Which settings are on: true, or other than 0. Their numbers come as scalars. */
export type Switches<S> = { readonly [K in keyof S]: boolean }

/** See above; `defineRule` finds out the type parameters. */
export interface Rule<S extends Required<CommonOptions>, State extends Numbers = Numbers, Scalars extends Numbers = Numbers>
  extends SettingRules<S> {
  /** Weight decay shrinks the parameter by 1 - lr weightDecay instead of entering the gradient. */
  readonly decoupled?: boolean
  /** What is kept for each parameter: tensors of its shape, and what fills them at first. Which there are may depend on switches only. */
  state(settings: S): State
  /** What is counted on the host besides steps, and where it starts. */
  clock?(settings: S): Numbers
  /** The numbers of the coming step; `clock.step` counts it. May move the clock's own numbers. */
  scalars(settings: S, clock: Clock): Scalars
  /** The formula. Maximising and weight decay are in `grad` (or `p`) already. */
  update(p: Node, grad: Node, state: Nodes<State>, scalars: Nodes<Scalars>, on: Switches<S>): { readonly p: Node } & Nodes<State>
}

/** A rule, with the names of its state and scalars found out from what it says. */
export const defineRule = <S extends Required<CommonOptions>, State extends Numbers, Scalars extends Numbers>(
  rule: Rule<S, State, Scalars>,
): Rule<S, State, Scalars> => rule
