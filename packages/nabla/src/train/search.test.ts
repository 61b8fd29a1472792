import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ListDataset } from '../data/dataset.js'
import { SampleRandom } from '../data/random.js'
import { crossValidate } from './kfold.js'
import { gridSearch, randomSearch } from './search.js'
import { choice, integer, logUniform, uniform } from './search-space.js'

const folder = mkdtempSync(join(tmpdir(), 'nabla-search-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('domains', () => {
  const draws = <T>(domain: { sample(random: SampleRandom): T }) =>
    Array.from({ length: 2000 }, (_, i) => domain.sample(new SampleRandom(1, 0, i)))

  it('draw inside their ranges', () => {
    const logs = draws(logUniform(1e-4, 1))
    expect(Math.min(...logs)).toBeGreaterThanOrEqual(1e-4)
    expect(Math.max(...logs)).toBeLessThanOrEqual(1)
    expect(logs.filter((x) => x < 1e-2).length / 2000).toBeCloseTo(0.5, 1)
    expect(new Set(draws(integer(2, 5)))).toEqual(new Set([2, 3, 4, 5]))
    expect(new Set(draws(integer(0, 9, 4)))).toEqual(new Set([0, 4, 8]))
    expect(new Set(draws(choice(['a', null])))).toEqual(new Set(['a', null]))
    expect(draws(uniform(-1, 1)).every((x) => x >= -1 && x < 1)).toBe(true)
  })

  it('say what is wrong with ranges', () => {
    expect(() => logUniform(0, 1)).toThrow(/\[logUniform\] from 0 to 1: expected finite numbers above 0/)
    expect(() => uniform(2, 1)).toThrow(/the lower one first/)
    expect(() => integer(0.5, 1)).toThrow(/whole numbers/)
    expect(() => choice([])).toThrow(/no values to choose from/)
  })
})

describe('gridSearch', () => {
  it('tries all combinations and ranks them', async () => {
    const order: string[] = []
    const found = await gridSearch(
      { x: [3, 1], way: ['up', 'down'] },
      ({ x, way }, number) => {
        order.push(`${number}:${x}${way}`)
        return { loss: way === 'up' ? x : -x, size: x }
      },
      { monitor: 'loss' },
    )
    expect(order).toEqual(['0:3up', '1:3down', '2:1up', '3:1down'])
    expect(found.trials.map(({ score }) => score)).toEqual([-3, -1, 1, 3])
    expect(found.best?.settings).toEqual({ x: 3, way: 'down' })
    const lines = found.table().split('\n')
    expect(lines[0]).toMatch(/^trial {2}x {2}way {3}loss {2}size {2}seconds$/)
    expect(lines[1]).toMatch(/^ {4}1 {2}3 {2}down {4}-3 {5}3 +0/)
    expect((await gridSearch({ n: integer(1, 3) }, ({ n }) => n, { mode: 'max' })).best?.settings).toEqual({ n: 3 })
  })

  it('refuses ranges, empty lists, and figures that do not say which counts', async () => {
    expect(() => gridSearch({ lr: uniform(0, 1) }, () => 0)).toThrow(/"lr" is uniform\(0, 1\), which is no list/)
    expect(() => gridSearch({ lr: [] }, () => 0)).toThrow(/"lr" has no values/)
    await expect(gridSearch({ a: [1] }, () => ({ p: 1, q: 2 }))).rejects.toThrow(/gives p, q: say by `monitor` which one counts/)
    await expect(gridSearch({ a: [1] }, () => ({ loss: 1 }), { monitor: 'los', onError: 'record' })).rejects.toThrow(
      /did you mean "loss"/,
    )
  })

  it('records what failed, and puts NaN last', async () => {
    const run = ({ a }: { readonly a: number }) => {
      if (a === 1) throw new Error('diverged')
      return a === 2 ? Number.NaN : a
    }
    await expect(gridSearch({ a: [0, 1, 2, 3] }, run)).rejects.toThrow('diverged')
    const found = await gridSearch({ a: [0, 1, 2, 3] }, run, { onError: 'record', mode: 'max' })
    expect(found.trials.map(({ number }) => number)).toEqual([3, 0, 1, 2])
    expect(found.trials[2]!.error).toBe('diverged')
    expect(found.table()).toContain('diverged')
    expect((await gridSearch({ a: [1] }, run, { onError: 'record' })).best).toBeUndefined()
  })
})

describe('randomSearch', () => {
  const space = { lr: logUniform(1e-5, 1), units: integer(1, 64), act: ['relu', 'tanh'] }

  it('draws the same for the same seed, whatever the number of trials', async () => {
    const settings = async (trials: number, seed: number) =>
      (await randomSearch(space, ({ lr }) => lr, { trials, seed })).trials
        .map((trial) => [trial.number, trial.settings] as const)
        .sort(([a], [b]) => a - b)
    expect(await settings(5, 1)).toEqual((await settings(9, 1)).slice(0, 5))
    expect(await settings(5, 1)).not.toEqual(await settings(5, 2))
    await expect(settings(0, 1)).rejects.toThrow(/trials 0: expected a whole number/)
  })

  it('goes on with a log', async () => {
    const log = join(folder, 'trials.jsonl')
    const ran: number[] = []
    const go = (trials: number, more: { seed?: number; stop?: number; mode?: 'max' } = {}) =>
      randomSearch(
        space,
        ({ lr }, number) => {
          ran.push(number)
          if (number === more.stop) throw new Error('killed')
          return number === 0 ? Number.POSITIVE_INFINITY : lr
        },
        { trials, seed: more.seed ?? 4, log },
      )
    await expect(go(6, { stop: 3 })).rejects.toThrow('killed')
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(3)
    const resumed = await go(6)
    expect(ran).toEqual([0, 1, 2, 3, 3, 4, 5])
    const whole = await randomSearch(space, ({ lr }, number) => (number === 0 ? Number.POSITIVE_INFINITY : lr), {
      trials: 6,
      seed: 4,
    })
    const plain = (found: typeof whole) => found.trials.map(({ seconds, ...trial }) => trial)
    expect(plain(resumed)).toEqual(plain(whole))
    await go(2)
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(6)
    await expect(go(6, { seed: 5 })).rejects.toThrow(/trials\.jsonl is the log of another search: its trial 0/)
    writeFileSync(log, '{"number":0,"settings":{},"figures":{}}\n{"numb')
    await expect(go(6)).rejects.toThrow(/trials\.jsonl, line 2: this is not a trial/)
  })

  it('ends when it is aborted', async () => {
    const controller = new AbortController()
    const ran: number[] = []
    const going = randomSearch(
      space,
      (_, number) => {
        ran.push(number)
        if (number === 1) controller.abort(new Error('enough'))
        return 0
      },
      { trials: 9, signal: controller.signal },
    )
    await expect(going).rejects.toThrow('enough')
    expect(ran).toEqual([0, 1])
  })
})

describe('crossValidate', () => {
  const data = new ListDataset(Array.from({ length: 10 }, (_, i) => i))

  it('tests every sample once, with means and deviations', async () => {
    const seen: number[] = []
    const result = await crossValidate(data, 5, (train, test, fold) => {
      expect([train.length, test.length]).toEqual([8, 2])
      for (let i = 0; i < test.length; i++) seen.push(test.get(i) as number)
      return { loss: fold, size: 1 }
    })
    expect(seen.sort((a, b) => a - b)).toEqual(data.samples)
    expect(result.mean).toEqual({ loss: 2, size: 1 })
    expect(result.std).toEqual({ loss: expect.closeTo(Math.sqrt(2.5), 12), size: 0 })
    expect(result.table().split('\n').at(-1)).toBe('std   1.581     0')
  })

  it('keeps classes in proportion, and says what does not fit', async () => {
    const labels = data.samples.map((i) => (i < 4 ? 'rare' : 'common'))
    await crossValidate(
      data,
      2,
      (_, test) => {
        expect(Array.from(test.indices).filter((i) => i < 4)).toHaveLength(2)
        return 0
      },
      { labels },
    )
    await expect(crossValidate(data, 2, () => 0, { labels: [1] })).rejects.toThrow(/1 labels for 10 samples/)
    await expect(crossValidate(data, 11, () => 0)).rejects.toThrow(/11 folds of 10 samples/)
    await expect(crossValidate(data, [], () => 0)).rejects.toThrow(/there are no folds/)
    await expect(crossValidate(data, 2, (_, __, fold) => ({ [`f${fold}`]: 1 }))).rejects.toThrow(
      /fold 1 gives f1, the first gives f0/,
    )
  })
})
