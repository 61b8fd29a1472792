import { expect, test } from 'vitest'
import { RunState } from './run-state.js'

test('means are those of the current epoch, weighted by images', () => {
  const state = new RunState(2)
  state.count(1, 2, 50, 100)
  state.count(2, 1, 30, 50)
  expect(state.loss).toBeCloseTo(250 / 150)
  expect(state.accuracy).toBeCloseTo(80 / 150)
  state.count(3, 0.5, 10, 10)
  expect([state.loss, state.accuracy, state.step]).toEqual([0.5, 1, 3])
})

test('a state made of its own numbers goes on as if nothing had happened', () => {
  const state = new RunState(10)
  for (let step = 1; step <= 4; step++) state.count(step, 1 / step, step, 8)
  const again = new RunState(10, JSON.parse(JSON.stringify(state.numbers)) as Record<string, number>)
  for (const s of [state, again]) s.count(5, 0.1, 8, 8)
  expect(again.numbers).toEqual(state.numbers)
  expect([again.loss, again.accuracy]).toEqual([state.loss, state.accuracy])
})

test('the clock runs from start to pause only', async () => {
  const state = new RunState(1, {}, 5)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(state.seconds).toBe(5)
  state.start()
  await new Promise((resolve) => setTimeout(resolve, 20))
  state.pause()
  const { seconds } = state
  expect(seconds).toBeGreaterThan(5.01)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(state.seconds).toBe(seconds)
})
