/** What cannot work is refused when a transform is made, or else with what was found. */
import { describe, expect, it } from 'vitest'
import { NablaError } from '../core/errors.js'
import * as t from './index.js'
import { draws, floats, noise } from './testing.js'

const image = noise(3, 8, 10)
const wrong = (value: unknown): never => value as never

const made: readonly (readonly [() => unknown, string])[] = [
  [() => t.resize(0), '[resize] size 0: expected whole numbers of 1 or more'],
  [() => t.resize([4, -1]), '[resize] size [4, -1]: expected whole numbers of 1 or more'],
  [() => t.resize(2.5), '[resize] size 2.5'],
  [() => t.resize(4, { interpolation: wrong('cubic') }), 'unknown interpolation "cubic"; did you mean "bicubic"?'],
  [() => t.resize(4, { maxSize: 4 }), '[resize] maxSize 4: expected more than size 4'],
  [() => t.resize([4, 5], { maxSize: 9 }), '[resize] maxSize 9: expected none where both sides are given'],
  [() => t.randomCrop([3, 0]), '[randomCrop] size [3, 0]'],
  [() => t.randomCrop(3, { padding: -1 }), '[randomCrop] padding -1: expected whole numbers of 0 or more'],
  [() => t.pad(1, { paddingMode: wrong('wrap') }), '[pad] paddingMode wrap: expected one of constant, edge, reflect, symmetric'],
  [() => t.centerCrop(NaN), '[centerCrop] size NaN'],
  [() => t.randomHorizontalFlip(1.5), '[randomHorizontalFlip] p 1.5: expected a probability from 0 to 1'],
  [() => t.randomVerticalFlip(-0.1), '[randomVerticalFlip] p -0.1'],
  [() => t.randomGrayscale(NaN), '[randomGrayscale] p NaN'],
  [() => t.randomErasing({ p: 2 }), '[randomErasing] p 2'],
  [
    () => t.randomErasing({ scale: [0.5, 0.2] }),
    '[randomErasing] scale [0.5, 0.2]: expected [least, most] from 0 to 1, in this order',
  ],
  [() => t.randomApply([t.invert()], 7), '[randomApply] p 7'],
  [() => t.randomChoice([]), '[randomChoice] transforms []: expected at least one'],
  [() => t.randomChoice([t.invert()], [0]), '[randomChoice] p [0]: expected 1 weights of 0 or more'],
  [() => t.compose(wrong('flip')), '[compose] transform 0 is string; expected a function'],
  [() => t.randomResizedCrop(8, { scale: [0.1, 1.1] }), '[randomResizedCrop] scale [0.1, 1.1]'],
  [() => t.normalize([0.5], [0]), '[normalize] std [0]: expected no 0'],
  [() => t.normalize([0.5], [NaN]), '[normalize] std [NaN]: expected a finite number'],
  [() => t.rotate(Infinity), '[rotate] angle Infinity'],
  [() => t.rotate(10, { expand: true, center: [0, 0] }), '[rotate] center [0, 0]: expected none with expand'],
  [() => t.randomRotation(-5), '[randomRotation] degrees -5: expected a number of 0 or more'],
  [() => t.randomAffine(0, { translate: [2, 0] }), '[randomAffine] translate 2: expected a number from 0 to 1'],
  [() => t.affine({ scale: 0 }), '[affine] scale 0: expected a number of'],
  [() => t.rotate(1, { interpolation: wrong('bicubic') }), 'unknown interpolation "bicubic"'],
  [
    () =>
      t.perspective(
        [
          [0, 0],
          [1, 0],
          [2, 0],
          [3, 0],
        ],
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ),
    '[perspective] points',
  ],
  [() => t.adjustBrightness(-1), '[adjustBrightness] factor -1: expected a number of 0 or more'],
  [() => t.adjustHue(0.6), '[adjustHue] shift 0.6: expected a number from -0.5 to 0.5'],
  [() => t.colorJitter({ hue: 0.7 }), '[colorJitter] hue 0.7'],
  [() => t.colorJitter(wrong({ colour: 1 })), '[colorJitter] has no option colour'],
  [() => t.gaussianBlur(4), '[gaussianBlur] kernelSize 4: expected odd whole numbers'],
  [() => t.gaussianBlur(3, 0), '[gaussianBlur] sigma [0, 0]'],
  [() => t.posterize(9), '[posterize] bits 9: expected a whole number from 0 to 8'],
  [() => t.clahe(-1), '[clahe] clipLimit -1'],
  [() => t.clahe(2, [0, 8]), '[clahe] tileGridSize [0, 8]'],
  [() => t.randAugment({ magnitude: 31 }), '[randAugment] magnitude 31: expected a whole number from 0 to 30'],
]

const applied: readonly (readonly [() => unknown, string])[] = [
  [
    () => t.randomCrop(9)(image, draws()),
    '[randomCrop] a crop of 9 x 9 from a picture of 8 x 10; expected one as large at least: resize before, or set padding or padIfNeeded',
  ],
  [() => t.randomCrop(20, { padding: 4 })(image, draws()), 'from a picture of 16 x 18, its padding included'],
  [() => t.normalize([1, 2], [1, 1])(image), '[normalize] mean has 2 values, the picture 3 channels'],
  [() => t.pad(1, { fill: [1, 2] })(image), '[pad] fill has 2 values, the picture 3 channels'],
  [() => t.equalize()(floats(image)), '[equalize] the picture holds floats; expected bytes: put it before toFloat or normalize'],
  [() => t.adjustHue(0.1)(noise(4, 2, 2)), '[adjustHue] the picture has 4 channels; expected 1 (grey) or 3'],
  [() => t.solarize(128)(floats(image)), '[solarize] threshold 128: expected at most 1 for this picture of floats'],
  [() => t.randomHorizontalFlip()(image), '[randomHorizontalFlip] draws random numbers but was given none'],
  [() => t.randomApply([t.invert()])(image), '[randomApply] draws random numbers but was given none'],
  [() => t.invert()(wrong(3)), '[invert] found no picture in number; expected a raster'],
  [() => t.horizontalFlip()(wrong({ picture: 1 })), '[horizontalFlip] found no picture in a record with picture'],
  [() => t.horizontalFlip()({ ...image, data: image.data.subarray(1) }), 'has 239 values for 3 channels of 8 x 10; expected 240'],
  [() => t.horizontalFlip()({ ...image, data: new Uint8Array(0), width: 0 }), 'has 0 values for 3 channels of 8 x 0'],
  [() => t.horizontalFlip()({ image, mask: noise(1, 4, 4) }), '[horizontalFlip] mask is 4 x 4, the picture 8 x 10'],
  [
    () => t.horizontalFlip()({ image, boxes: new Float32Array(5) }),
    '[horizontalFlip] boxes are 5 numbers; expected 4 numbers a row',
  ],
  [() => t.sanitizeBoxes({ along: ['ids'] })({ boxes: [[0, 0, 0, 0]] }), '[sanitizeBoxes] ids cannot be divided among 1 boxes'],
  [
    () =>
      t.perspective(
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
        [
          [0, 0],
          [1, 1],
          [2, 2],
          [3, 3],
        ],
      )(image),
    '[perspective]',
  ],
]

describe.each([
  ['when it is made', made],
  ['when it is applied', applied],
] as const)('%s', (_, cases) => {
  it.each(cases.map(([run, message]) => ({ run, message })))('$message', ({ run, message }) => {
    let error: unknown
    try {
      run()
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(NablaError)
    expect((error as NablaError).message).toContain(message)
  })
})
