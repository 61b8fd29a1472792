import { describe, expect, test } from 'vitest'
import { DataLoader } from '../loader.js'
import { sequences, type SequenceTask } from './sequences.js'
import { shapes } from './shapes.js'

describe('shapes', () => {
  const set = shapes({ length: 60, size: [40, 56], objects: [1, 4], seed: 3 })
  test('boxes, masks, classes of pixels and captions tell the same', () => {
    for (let i = 0; i < set.length; i++) {
      const { image, boxes, labels, masks, mask, captions } = set.get(i)
      const [height, width] = [40, 56]
      expect([image.channels, image.height, image.width, mask!.channels, masks!.channels]).toEqual([
        3,
        height,
        width,
        1,
        labels.length,
      ])
      const seen = new Uint8Array(height * width)
      labels.forEach((label, n) => {
        let [xmin, ymin, xmax, ymax] = [width, height, 0, 0]
        const colours = new Set<string>()
        for (let p = 0; p < height * width; p++) {
          if (!masks!.data[n * height * width + p]) continue
          const [x, y] = [p % width, Math.floor(p / width)]
          ;[xmin, ymin, xmax, ymax] = [Math.min(xmin, x), Math.min(ymin, y), Math.max(xmax, x + 1), Math.max(ymax, y + 1)]
          expect([mask!.data[p], seen[p]]).toEqual([label + 1, 0])
          seen[p] = 1
          colours.add([0, 1, 2].map((c) => image.data[c * height * width + p]).join())
        }
        expect([...boxes.subarray(4 * n, 4 * n + 4)]).toEqual([xmin, ymin, xmax, ymax])
        expect(colours.size).toBe(1)
        expect(captions[0]).toContain(set.classes[label])
      })
      expect(mask!.data.every((value, p) => value > 0 === (seen[p] === 1))).toBe(true)
      expect(captions[2]).toMatch(labels.length === 1 ? /^one shape$/ : /^(two|three|four) shapes$/)
    }
  })
  test('the same from version to version and platform to platform; another seed gives others', () => {
    expect(set.get(0).captions).toMatchInlineSnapshot(`
      [
        "a green circle, a purple triangle and a red triangle on a grey background",
        "the green circle is right of the purple triangle",
        "three shapes",
      ]
    `)
    expect(shapes({ length: 60, size: [40, 56], objects: [1, 4], seed: 3 }).get(7)).toEqual(set.get(7))
    expect(shapes({ length: 60, size: [40, 56], objects: [1, 4], seed: 4 }).get(7).image).not.toEqual(set.get(7).image)
  })
  test('every size, every number of shapes, noise', () => {
    for (const size of [8, 9, 300]) expect(shapes({ size, objects: [8, 8], length: 1 }).get(0).labels.length).toBeGreaterThan(0)
    const { image } = shapes({ noise: 0.2, length: 1, size: 16 }).get(0)
    expect(new Set(image.data).size).toBeGreaterThan(20)
  })
  test('settings that make no picture are told', () => {
    expect(() => shapes({ size: 4 })).toThrowError(/size 4 x 4: expected whole numbers of 8 or more/)
    expect(() => shapes({ objects: [3, 2] })).toThrowError(/objects \[3, 2\]/)
    expect(() => shapes({ noise: 2 })).toThrowError(/noise 2/)
    expect(() => set.get(60)).toThrowError(/no sample 60: there are 60/)
  })
})

describe('sequences', () => {
  const all = (task: SequenceTask, symbols = 7): { input: number[]; target: number[] }[] => {
    const set = sequences(task, { length: 300, between: [1, 6], symbols, seed: 2 })
    return Array.from({ length: 300 }, (_, i) => {
      const { input, target } = set.get(i)
      expect(input.length).toBe(target.length)
      return { input: Array.from(input, (x) => x - 3), target: Array.from(target, (x) => x - 3) }
    })
  }
  test('follow their rules', () => {
    for (const { input, target } of all('copy')) expect(target).toEqual(input)
    for (const { input, target } of all('reverse')) expect(target).toEqual([...input].reverse())
    for (const { input, target } of all('sort')) expect(target).toEqual([...input].sort((a, b) => a - b))
    for (const { input, target } of all('parity'))
      input.forEach((_, i) => expect(target[i]).toBe(input.slice(0, i + 1).reduce((a, b) => a + b) % 2))
    for (const { input, target } of all('count')) {
      const step = (target[0]! - input[0]! + 7) % 7
      expect([step >= 1 && step <= 3, target.slice(0, -1)]).toEqual([true, input.slice(1)])
      target.forEach((x, i) => expect(x).toBe((input[i]! + step) % 7))
    }
  })
  test('cover all lengths and symbols', () => {
    const copies = all('copy').map(({ input }) => input)
    expect([...new Set(copies.map((x) => x.length))].sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect([...new Set(copies.flat())].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
  test('sentences whose verbs agree with their subjects', () => {
    const set = sequences('grammar', { length: 200 })
    const one = '(the|a) (dog|cat|bird|child)'
    const many = '(the|some) (dogs|cats|birds|children)'
    const clause = (verb: string): string => `( that ${verb} (${one}|${many}))?`
    const [sees, see] = ['(sees|hears|likes)', '(see|hear|like)']
    const sentence = new RegExp(`^(${one}${clause(sees)} ${sees}|${many}${clause(see)} ${see}) (${one}|${many}) \\.$`)
    for (let i = 0; i < set.length; i++) {
      const { input, target } = set.get(i)
      expect(target.subarray(0, -1)).toEqual(input.subarray(1))
      expect(set.show([input[0]!, ...target])).toMatch(sentence)
    }
    expect(new Set(set.tokens).size).toBe(set.tokens.length)
  })
  test('the same from version to version; in padded batches by workers', async () => {
    const set = sequences('reverse', { length: 6, between: [2, 5], seed: 1 })
    expect(Array.from({ length: 3 }, (_, i) => set.show(set.get(i).target))).toMatchInlineSnapshot(`
      [
        "6 7 6 5 1",
        "0 5 9",
        "9 0 7 3 6",
      ]
    `)
    const drawn = async (workers: number): Promise<unknown> => {
      const loader = new DataLoader(set, { batchSize: 6, workers, padValue: { input: 0, target: 0 } })
      for await (const { input, target } of loader) {
        const read = [input.dtype, await input.toArray(), await target.toArray()]
        await loader.close()
        return read
      }
    }
    const alone = (await drawn(0)) as [string, number[][]]
    expect([alone[0], alone[1].length]).toEqual(['int32', 6])
    expect(await drawn(1)).toEqual(alone)
  })
  test('settings that make no sequence are told', () => {
    expect(() => sequences('revers' as never)).toThrowError(/unknown task "revers"; did you mean "reverse"\?/)
    expect(() => sequences('copy', { between: [0, 3] })).toThrowError(/between \[0, 3\]/)
    expect(() => sequences('copy', { symbols: 1 })).toThrowError(/symbols 1/)
  })
})
