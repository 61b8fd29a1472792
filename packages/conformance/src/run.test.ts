import { setDefaultDevice, type Tensor, tensor } from 'nabla'
import { expect, test } from 'vitest'
import type { Case } from './case.js'
import { compareValues, within } from './compare.js'
import { runCases } from './run.js'

setDefaultDevice('js')

let prepared = 0
const caseOf = (name: string, prepare: Case['prepare']): Case => ({ group: 'g', name, call: 'f', prepare })
const doubled = (name: string, expected: number): Case =>
  caseOf(name, () => {
    prepared++
    const judge = ([got]: readonly ArrayLike<number>[]) => compareValues('output', got!, [expected], [1], within(0, 0))
    return [{ tensors: [tensor([2]).mul(2)], judge }]
  })
const broken = caseOf('broken', () => [
  {
    tensors: [
      {
        get node(): never {
          throw new Error('the compiler is ill')
        },
      } as unknown as Tensor,
    ],
    judge: () => undefined,
  },
])
const refused = caseOf('refused', () => {
  throw new Error('no such call: f')
})

test('a case that throws while it is computed spoils no other, and outcomes come in order', async () => {
  const told: string[] = []
  const outcomes = await runCases([doubled('a', 4), broken, refused, doubled('b', 5)], {
    onOutcome: (outcome) => told.push(outcome.case.name),
  })
  expect(outcomes.map(({ failure }) => failure?.replace(/: error.*/, ''))).toEqual([
    undefined,
    'the compiler is ill',
    'no such call: f',
    'output[0] is 4, expected 5',
  ])
  expect(told).toEqual(['a', 'broken', 'refused', 'b'])
  expect(prepared).toBe(4) // once together, once alone
})

test('cases are computed together, so many at a time', async () => {
  prepared = 0
  const outcomes = await runCases(
    Array.from({ length: 5 }, (_, i) => doubled(String(i), 4)),
    { batch: 2 },
  )
  expect(outcomes.every(({ failure }) => failure === undefined)).toBe(true)
  expect(prepared).toBe(5)
})
