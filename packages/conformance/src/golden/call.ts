/**
 * How a recorded call of PyTorch is made with this library: tables from PyTorch's canonical names to functions and builders.
 *
 * Arguments come under PyTorch's own names. Infinities and NaN, texts in the file, are numbers here; dtypes stay texts. A list argument
 * (`tensors` of cat, `hx` of an LSTM) is an array of tensors. What is differentiated is up to the runner.
 */
import type { Tensor } from 'nabla'
import type * as nn from 'nabla/nn'

/** Tensors and plain arguments of a call together, under PyTorch's names; a list argument is an array of tensors. */
// biome-ignore lint/suspicious/noExplicitAny: what a recorded file holds is known only to the call that reads it
export type Arguments = Readonly<Record<string, any>>

/** One result; a number or a truth value where the library gives one (`equal`, `allclose`). */
export type Value = Tensor | number | boolean

/** One value, several in the order of the recorded outputs (null where there is none), or several by the names of the recorded outputs. */
export type Result = Value | readonly (Value | null)[] | Readonly<Record<string, Value>>

/** `torch.*`, `torch.nn.functional.*` and `torchvision.ops.*`. */
export type Call = (args: Arguments) => Result
export type CallTable = Readonly<Record<string, Call>>

/** A module class: how to build it from its recorded keyword arguments, and how to call it if `module.forward(input)` is not enough. */
export interface ModuleCall {
  readonly build: (kwargs: Arguments) => nn.Module
  readonly forward?: (module: nn.Module, args: Arguments) => Result
}
export type ModuleTable = Readonly<Record<string, ModuleCall>>

/** What the runner needs of an optimizer. */
export interface AnyOptimizer {
  readonly paramGroups: readonly { readonly lr: number; readonly options: Readonly<Record<string, unknown>> }[]
  step(): void
  zeroGrad(): void
}

/** Parameters with what PyTorch's group dictionary says beside `params`, under PyTorch's names. */
export interface RecordedGroup {
  readonly params: readonly Tensor[]
  readonly options: Arguments
}

/** `torch.optim.*`: there is one group with empty options where the case names none. */
export type OptimizerTable = Readonly<Record<string, (groups: readonly RecordedGroup[], kwargs: Arguments) => AnyOptimizer>>

/** `torch.nn.utils.clip_grad_*`: changes `grad` of the parameters, gives the norm where PyTorch does. */
// biome-ignore lint/suspicious/noConfusingVoidType: most clippers give nothing, and a call of theirs is all there is to write
export type ClipTable = Readonly<Record<string, (params: readonly Tensor[], kwargs: Arguments) => Tensor | number | void>>

/** `torch.optim.lr_scheduler.*`: `step` is handed a metric or an epoch where the case records them. */
export type SchedulerTable = Readonly<
  Record<string, (optimizer: AnyOptimizer, kwargs: Arguments) => { step(value?: number): void }>
>

/** `torch.nn.init.*_`: fills the tensor in place. */
export type InitTable = Readonly<Record<string, (tensor: Tensor, kwargs: Arguments) => unknown>>

/** `torch.nn.init.calculate_gain`: one number. */
export type GainTable = Readonly<Record<string, (kwargs: Arguments) => number>>
