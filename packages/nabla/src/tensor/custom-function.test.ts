/** Functions with rules of their own, hooks, and the checks of rules: what a backward pass lets one say. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  customFunction,
  grad,
  gradcheck,
  gradgradcheck,
  manualSeed,
  noGrad,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

const leaf = (data: number[], dtype: 'float32' | 'float64' = 'float64') => tensor(data, { requiresGrad: true, dtype })
const values = async (t: Tensor | null | undefined) => [...(await t!.data())]

/** x / |x| and |x|, saved: what comes out, and a constant. */
const polar = (seen: boolean[][] = []) =>
  customFunction({
    name: 'polar',
    context: true,
    forward(context, x) {
      const length = x.norm()
      const unit = x.div(length)
      context.saveForBackward(unit, length)
      return [unit, length] as const
    },
    backward(context, byUnit, byLength) {
      seen.push([...context.hasOutputGrad])
      const [unit, length] = context.savedTensors as [Tensor, Tensor]
      return byUnit
        .sub(unit.mul(byUnit.mul(unit).sum()))
        .div(length)
        .add(unit.mul(byLength))
    },
  })

describe('custom functions with a context', () => {
  test('several results share one rule, which runs once', async () => {
    const seen: boolean[][] = []
    const f = polar(seen)
    const x = leaf([3, 4])
    const [unit, length] = f(x)
    expect(await values(unit)).toEqual([0.6, 0.8])
    unit.sum().add(length.mul(2)).backward()
    expect(seen).toEqual([[true, true]])
    const [g] = await values(x.grad)
    expect(g).toBeCloseTo((1 - 0.6 * 1.4) / 5 + 1.2, 12)
    f(x)[1].backward()
    expect(seen[1]).toEqual([false, true])
    expect(() => length.backward()).toThrow(/freed/)
  })

  test('gradients of any order flow through what was saved', async () => {
    manualSeed(5)
    const x = () => randn([3], { dtype: 'float64' }).add(2).realize().requiresGrad_()
    expect(await gradcheck(polar(), [x()])).toBe(true)
    expect(await gradgradcheck(polar(), [x()])).toBe(true)
    expect(await gradgradcheck((t) => polar()(t.exp())[0], [x()])).toBe(true)
  })

  test('needsInputGrad, whole-number results, and nothing recorded without need', async () => {
    const needs: boolean[][] = []
    const f = customFunction({
      context: true,
      forward(context, x, y) {
        needs.push([...context.needsInputGrad])
        return [x.mul(y), x.argmax()] as const
      },
      backward: (_, grad) => [grad, null],
    })
    const [product, place] = f(leaf([1, 5]), tensor([2, 3], { dtype: 'float64' }))
    expect(needs).toEqual([[true, false]])
    expect([product.requiresGrad, place.requiresGrad]).toEqual([true, false])
    expect(noGrad(() => f(leaf([1]), leaf([1])))[0].requiresGrad).toBe(false)
  })

  test('only the part on the way to what is asked for is needed', async () => {
    const x = leaf([3, 4])
    const [unit, length] = polar()(x)
    const [byLength] = grad(length.mul(3), [length])
    expect(await values(byLength)).toEqual([3])
    const [u, l] = grad([unit.sum(), length], [unit, length], { gradOutputs: [tensor(2), null] })
    expect([await values(u), await values(l)]).toEqual([[2, 2], [1]])
  })
})

describe('hooks', () => {
  test('see the complete gradient once, change it, and can go', async () => {
    const x = leaf([1, 2])
    const y = x.mul(3)
    const seen: Tensor[] = []
    const first = y.registerHook((g) => void seen.push(g))
    y.registerHook((g) => g.mul(10))
    y.mul(2).add(y).sum().backward(undefined, { retainGraph: true })
    expect(await Promise.all(seen.map(values))).toEqual([[3, 3]])
    expect(await values(x.grad)).toEqual([90, 90])
    first.remove()
    y.sum().backward()
    expect(seen.length).toBe(1)
    expect(() => tensor([1]).registerHook(() => {})).toThrow(/does not require/)
    const wrong = leaf([1, 2])
    wrong.registerHook(() => tensor([1]))
    expect(() => wrong.mul(2).sum().backward()).toThrow(/from its hook has shape \[1\]; expected \[2\]/)
  })

  test('of a leaf stay through updates', async () => {
    const x = leaf([1, 2])
    x.registerHook((g) => g.neg())
    noGrad(() => x.add_(1))
    x.mul(x).sum().backward()
    expect(await values(x.grad)).toEqual([-4, -6])
    expect(await values(grad(x.sum(), x)[0])).toEqual([-1, -1])
  })

  test('retainGrad keeps the gradient of what is computed', async () => {
    const x = leaf([1, 2])
    const y = x.mul(3).retainGrad()
    const z = y.exp()
    z.mul(0).add(y.mul(y)).sum().backward(undefined, { retainGraph: true })
    expect(await values(y.grad)).toEqual([6, 12])
    expect(z.grad).toBeNull()
    y.sum().backward()
    expect(await values(y.grad)).toEqual([7, 13])
  })
})

describe('checks', () => {
  test('of the second order find what the first does not', async () => {
    // The rule saves a value that the forward pass computed: right for gradients, constant for their gradients.
    const cube = customFunction({
      context: true,
      forward(context, x) {
        context.saveForBackward(x.mul(x).mul(3))
        return x.pow(3)
      },
      backward: (context, grad) => grad.mul(context.savedTensors[0]!),
    })
    expect(await gradcheck(cube, [leaf([1, 2])])).toBe(true)
    await expect(gradgradcheck(cube, [leaf([1, 2])])).rejects.toThrow(/\[gradgradcheck\] input 0, element \[0\]/)
    expect(await gradgradcheck(cube, [leaf([1, 2])], { raiseException: false })).toBe(false)
    expect(await gradgradcheck((x) => x.pow(3), [leaf([1, 2])])).toBe(true)
    expect(await gradgradcheck((x) => x.mul(3), [leaf([1, 2])])).toBe(true)
    await expect(gradcheck((x) => x.round().int(), [leaf([1])])).rejects.toThrow(/only floats/)
  })
})
