import { expect, test } from 'vitest'
import { fitShape, type RgbaImage, resize } from './grey.js'

/** A picture of one grey a pixel. */
const picture = (width: number, height: number, grey: (x: number, y: number) => number, alpha = 255): RgbaImage => {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) data.set([0, 0, 0].fill(grey(i % width, Math.floor(i / width))).concat(alpha), i * 4)
  return { width, height, data }
}
const bar = (x: number, y: number): boolean => x >= 40 && x < 60 && y >= 10 && y < 90
const bounds = (pixels: Float32Array, size = 28): number[] => {
  const lit = [...pixels.keys()].filter((i) => pixels[i]! > 0.5)
  const [xs, ys] = [lit.map((i) => i % size), lit.map((i) => Math.floor(i / size))]
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
}

test('dark ink on paper and light on dark give the same: the shape in a 20x20 box, its mass in the middle', () => {
  const dark = fitShape(picture(300, 100, (x, y) => (bar(x - 150, y) ? 20 : 240)))
  const light = fitShape(picture(100, 100, (x, y) => (bar(x, y) ? 255 : 0)))
  expect(bounds(dark)).toEqual([12, 16, 4, 23]) // 5 by 20
  expect(bounds(light)).toEqual(bounds(dark))
  expect(Math.max(...dark)).toBeCloseTo(1)
})

test('the centre of mass, not the outline, is what MNIST centres by', () => {
  const foot = (x: number, y: number): number => ((x < 10 && y < 80) || (y >= 60 && y < 80 && x < 60) ? 255 : 0)
  const image = picture(100, 100, (x, y) => foot(x - 20, y - 10))
  const centre = (pixels: Float32Array): number => {
    const mass = pixels.reduce((a, b) => a + b, 0)
    return pixels.reduce((sum, v, i) => sum + v * (Math.floor(i / 28) + 0.5), 0) / mass
  }
  expect(Math.abs(centre(fitShape(image)) - 14)).toBeLessThanOrEqual(0.5)
  expect(bounds(fitShape(image, { box: 28, centre: 'outline' })).slice(2)).toEqual([0, 27])
})

test('a picture of the data set itself is taken as it is', () => {
  const pixels = fitShape(picture(28, 28, (x, y) => (x > 5 && x < 9 && y > 3 && y < 20 ? x * 20 : 0)))
  expect(pixels[10 * 28 + 7]).toBeCloseTo(140 / 255)
  expect(bounds(pixels)[0]).toBe(7)
})

test('transparent ground is white; one pixel of ink is enough; an empty picture is an error', () => {
  const clear = picture(50, 50, () => 0, 0)
  expect(() => fitShape(clear)).toThrowError(/shows nothing/)
  expect(fitShape(picture(9, 9, (x, y) => (x === 4 && y === 4 ? 0 : 255))).some((v) => v > 0.9)).toBe(true)
  expect(() => fitShape(picture(1, 1, () => 200))).toThrowError(/shows nothing/)
})

test('resizing keeps the mean of a picture when it divides, and a constant always', () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => i)
  const mean = (a: Float32Array): number => a.reduce((x, y) => x + y, 0) / a.length
  expect(mean(resize({ width: 8, height: 8, data }, 4, 4).data)).toBeCloseTo(31.5, 4)
  for (const [w, h] of [
    [1, 1],
    [3, 5],
    [8, 8],
    [20, 13],
  ])
    for (const v of resize({ width: 8, height: 8, data: data.map(() => 0.7) }, w!, h!).data) expect(v).toBeCloseTo(0.7, 5)
  expect([...resize({ width: 8, height: 8, data }, 8, 8).data]).toEqual([...data])
})
