/**
 * Algebra of the index forms of a contraction, and the way back through one.
 *
 *     out[v_out] = sum over v_red of A[a(v)] * B[b(v)]
 *     dA[i]      = sum over all v with a(v) = i of grad[v_out] * B[b(v)]
 *
 * The second line is a contraction again, once the equations a(v) = i are solved: each dimension of A eliminates one variable,
 * v_e = (divisor * i - offset - others) / coefficient, and what is left of the variables is summed. Example, a convolution of
 * stride 2: x is read at 2 h + r - 1, so h = (i + 1 - r) / 2, and the gradient reads grad at that h: exact divisions count,
 * others are 0, and outside of grad there is 0.
 *
 * Eliminating an output variable is safe by itself, for grad is indexed by it and enforces its bounds. A reduced variable that
 * is eliminated must have its bounds enforced elsewhere: by its range, by an index of B, or, if by nothing else, by a further
 * dimension that grad is expanded with (a "guard"). Guards also stand for equations that have no variable left (a diagonal, a
 * constant index). So the adjoint exists for every contraction, to every order.
 */
import type { Shape } from '../core/shape.js'
import type { AffineForm, ContractAttrs } from './op.js'

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** Lowest terms, positive divisor. */
function reduced(offset: number, coef: readonly number[], divisor: number): AffineForm {
  const g = coef.reduce((a, c) => gcd(a, c), gcd(offset, divisor)) * Math.sign(divisor)
  const part = (n: number): number => (n === 0 ? 0 : n / g) // never -0
  return { offset: part(offset), coef: coef.map(part), divisor: divisor / g }
}

/** `form` with variable `e` replaced by `value`. */
function substitute(form: AffineForm, e: number, value: AffineForm): AffineForm {
  const c = form.coef[e]!
  if (c === 0) return form
  const scale = value.divisor
  return reduced(
    form.offset * scale + c * value.offset,
    form.coef.map((n, j) => (j === e ? 0 : n) * scale + c * value.coef[j]!),
    form.divisor * scale,
  )
}

/** The variable `e` from the equation form = variable `target`. */
function solve(form: AffineForm, e: number, target: number): AffineForm {
  return reduced(
    -form.offset,
    form.coef.map((n, j) => (j === target ? form.divisor : 0) - (j === e ? 0 : n)),
    form.coef[e]!,
  )
}

/** Inclusive bounds of the numerator, given the extents of the variables; of an empty range nothing. */
export function numeratorRange(form: AffineForm, extents: Shape): readonly [number, number] {
  let low = form.offset
  let high = form.offset
  form.coef.forEach((c, j) => {
    const reach = c * Math.max(0, extents[j]! - 1)
    if (reach < 0) low += reach
    else high += reach
  })
  return [low, high]
}

const equal = (a: AffineForm, b: AffineForm): boolean =>
  a.offset === b.offset && a.divisor === b.divisor && a.coef.every((c, j) => c === b.coef[j])

/** The index `v`, out of `count` variables. */
export const variableForm = (v: number, count: number): AffineForm => ({
  offset: 0,
  coef: Array.from({ length: count }, (_, j) => (j === v ? 1 : 0)),
  divisor: 1,
})
/** A constant index. */
export const constantForm = (offset: number, count: number): AffineForm => ({
  offset,
  coef: new Array<number>(count).fill(0),
  divisor: 1,
})

export interface Adjoint {
  /** Operand a is grad (with the guard dimensions appended), operand b the other operand. */
  readonly attrs: ContractAttrs
  /** Extents of the dimensions that grad must be expanded with. */
  readonly guards: readonly number[]
}

/** The contraction that gives the gradient of operand `which`, whose shape is `target`; `other` is the shape of the other operand. */
export function adjoint(attrs: ContractAttrs, which: 'a' | 'b', target: Shape, other: Shape): Adjoint {
  const rank = target.length
  const outs = attrs.out.length
  const old = [...attrs.out, ...attrs.reduced]
  const extents = [...target, ...old] // variables: the gradient's indices, then those of the contraction
  const count = extents.length
  const lift = (f: AffineForm): AffineForm => reduced(f.offset, [...target.map(() => 0), ...f.coef], f.divisor)

  const equations = attrs[which].map(lift)
  let others = attrs[which === 'a' ? 'b' : 'a'].map(lift)
  const solved = new Map<number, AffineForm>()
  const isOutput = (v: number): boolean => v < rank + outs
  const enforced = (v: number, form: AffineForm): boolean => {
    const [low, high] = numeratorRange(form, extents)
    if (form.divisor === 1 && low >= 0 && high < extents[v]!) return true
    return others.some((f, d) => other[d]! <= extents[v]! && equal(f, form))
  }

  // Dimensions with the fewest variables first: those have the least choice.
  const order = target.map((_, d) => d).sort((x, y) => variables(equations[x]!, rank) - variables(equations[y]!, rank) || x - y)
  const open: number[] = []
  for (const d of order) {
    const equation = equations[d]!
    let best: { v: number; form: AffineForm; score: number } | undefined
    for (let v = rank; v < count; v++) {
      if (equation.coef[v] === 0) continue
      const form = solve(equation, v, d)
      const free =
        isOutput(v) ||
        substituted(others, v, form, (after) => after.some((f, k) => other[k]! <= extents[v]! && equal(f, form))) ||
        enforced(v, form)
      // The more elements the eliminated variable has, the fewer are summed; in doubt an output variable.
      const score = (free ? 1e12 : 0) + extents[v]! * (isOutput(v) ? 2 : 1)
      if (!best || score > best.score) best = { v, form, score }
    }
    if (!best) {
      open.push(d)
      continue
    }
    const { v, form } = best
    for (let k = 0; k < equations.length; k++) if (k !== d) equations[k] = substitute(equations[k]!, v, form)
    for (const [u, f] of solved) solved.set(u, substitute(f, v, form))
    others = others.map((f) => substitute(f, v, form))
    solved.set(v, form)
  }

  const guards: number[] = []
  const guardForms: AffineForm[] = []
  for (const [v, form] of solved) {
    if (isOutput(v) || enforced(v, form)) continue
    guards.push(extents[v]!)
    guardForms.push(form)
  }
  for (const d of open) {
    const f = equations[d]!
    const rest: AffineForm = { offset: f.offset, coef: f.coef.map((c, j) => (j === d ? c - f.divisor : c)), divisor: 1 }
    const [low, high] = numeratorRange(rest, extents)
    if (low === 0 && high === 0) continue
    guards.push(1)
    guardForms.push(rest)
  }

  // Only the variables that were not eliminated remain.
  const remaining = Array.from({ length: count }, (_, v) => v).filter((v) => v < rank || !solved.has(v))
  const project = (f: AffineForm): AffineForm => ({ ...f, coef: remaining.map((v) => f.coef[v]!) })
  const gradForms = attrs.out.map((_, j) => solved.get(rank + j) ?? variableForm(rank + j, count))
  return {
    attrs: {
      out: target,
      reduced: remaining.slice(rank).map((v) => extents[v]!),
      a: [...gradForms, ...guardForms].map(project),
      b: others.map(project),
    },
    guards,
  }
}

const variables = (form: AffineForm, from: number): number => form.coef.reduce((n, c, j) => n + (j >= from && c !== 0 ? 1 : 0), 0)

function substituted(
  forms: readonly AffineForm[],
  v: number,
  value: AffineForm,
  test: (forms: readonly AffineForm[]) => boolean,
): boolean {
  return test(forms.map((f) => substitute(f, v, value)))
}
