/** How well boxes were found, labelled, and ranked. */
import { NablaError, showShape } from '../core/errors.js'
import { Metric, type State } from './metric.js'
import { asTensor, checkWhole, checkWord, type Numbers, read } from './values.js'

/** Boxes found in one image. */
export interface Detections {
  /** [N, 4] corners: x1, y1, x2, y2. */
  readonly boxes: Numbers
  /** How sure each is: [N]. */
  readonly scores: Numbers
  /** Classes: [N]. */
  readonly labels: Numbers
}

/** Boxes there are in one image. */
export interface GroundTruth {
  /** [N, 4] corners: x1, y1, x2, y2. */
  readonly boxes: Numbers
  /** Classes: [N]. */
  readonly labels: Numbers
  /** 1 for boxes that need not be found: crowds, of which any part may be, or what is too difficult. [N]. Default: none. */
  readonly crowd?: Numbers
}

/** When a box counts as found, and how precision is averaged. */
export interface MeanAveragePrecisionOptions {
  /** Overlaps from which on a box counts as found. Default 0.5, 0.55, ..., 0.95 (COCO); VOC's is [0.5]. */
  readonly iouThresholds?: readonly number[]
  /**
   * Where precision is read off the curve over recall: at 101 points 0, 0.01, ..., 1 (COCO, default), at 11 points 0, 0.1, ..., 1
   * (VOC 2007), or everywhere: the area under it (VOC 2010).
   */
  readonly points?: 101 | 11 | 'all'
  /** Boxes of each class and image that count, best first. Default 100. */
  readonly maxDetections?: number
  /** Boxes of other areas count neither way. Default: all. COCO's small, medium and large part at 32^2 and 96^2. */
  readonly area?: readonly [from: number, to: number]
}

/** Mean average precision and recall, 0 to 1; NaN where there are no boxes to find. */
export interface MeanAveragePrecisionResult {
  /** Over all thresholds and classes that occur. */
  readonly map: number
  /** At an overlap of 0.5, and of 0.75; NaN if that is none of the thresholds. */
  readonly map50: number
  /** At an overlap of 0.75; NaN if that is none of the thresholds. */
  readonly map75: number
  /** The share of boxes found, over all thresholds and classes that occur. */
  readonly mar: number
  /** By class, over all thresholds; a class without boxes to find has none. */
  readonly perClass: ReadonlyMap<number, number>
  /** By threshold, over all classes, in the order of the thresholds. */
  readonly perThreshold: readonly number[]
}

interface Image {
  readonly boxes: ArrayLike<number>
  readonly scores: ArrayLike<number>
  readonly labels: ArrayLike<number>
  readonly trueBoxes: ArrayLike<number>
  readonly trueLabels: ArrayLike<number>
  readonly crowd: ArrayLike<number>
}

interface Images extends State {
  images: Image[]
}

/** A detection, once it is compared: found something, found nothing, or none of the two counts. */
interface Judged {
  readonly score: number
  readonly verdict: 'hit' | 'miss' | 'ignored'
}

/** One class in one image: detections, best first, with their overlap with each box; boxes, those that need not be found last. */
interface Pairs {
  readonly found: readonly { readonly score: number; readonly outside: boolean; readonly overlaps: readonly number[] }[]
  readonly truths: readonly { readonly crowd: boolean; readonly ignored: boolean }[]
}

const range = (count: number, from: number, step: number): number[] => Array.from({ length: count }, (_, i) => from + i * step)

/**
 * Mean average precision as COCO computes it (Lin et al. 2014), or with VOC's points (Everingham et al. 2010): for each class and
 * threshold, detections are matched with boxes, best score first, each to the free box that it overlaps most; then precision is
 * averaged over recall. NaN without boxes to find.
 */
export class MeanAveragePrecision extends Metric<Images, MeanAveragePrecisionResult> {
  /** Overlaps (intersection over union) from which on a box counts as found. */
  readonly iouThresholds: readonly number[]
  /** Where precision is read off the curve over recall. */
  readonly points: 101 | 11 | 'all'
  /** Boxes of each class and image that count, best first. */
  readonly maxDetections: number
  /** Areas of the boxes that count, in squares of their unit. */
  readonly area: readonly [from: number, to: number]

  constructor(options: MeanAveragePrecisionOptions = {}) {
    super(() => ({ images: [] }))
    this.iouThresholds = options.iouThresholds ?? range(10, 0.5, 0.05).map((t) => Math.round(t * 100) / 100)
    this.points = options.points ?? 101
    this.maxDetections = checkWhole('MeanAveragePrecision', 'maxDetections', options.maxDetections ?? 100, 1)
    this.area = options.area ?? [0, Infinity]
    checkWord('MeanAveragePrecision', 'points', String(this.points), ['101', '11', 'all'])
    for (const t of this.iouThresholds)
      if (!(t > 0 && t <= 1))
        throw new NablaError(
          'argument',
          `[MeanAveragePrecision] threshold ${t} of an overlap; expected more than 0, and at most 1`,
        )
  }

  /** The boxes found in each image of a batch, and those there are. */
  async update(preds: readonly Detections[], target: readonly GroundTruth[]): Promise<void> {
    if (preds.length !== target.length)
      throw new NablaError(
        'argument',
        `[MeanAveragePrecision] detections of ${preds.length} images and boxes of ${target.length}; expected as many`,
        { preds: preds.length, target: target.length },
      )
    const tensors = preds.flatMap((p, i) => {
      const t = target[i]!
      const labels = asTensor(t.labels)
      const crowd = asTensor(t.crowd ?? new Float64Array(labels.numel))
      const all = [p.boxes, p.scores, p.labels, t.boxes].map(asTensor)
      const [boxes, scores, found, trueBoxes] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0]]
      checkCounts(i, 'detections', boxes.shape, [scores.shape, found.shape])
      checkCounts(i, 'ground truth', trueBoxes.shape, [labels.shape, crowd.shape])
      return [...all, labels, crowd]
    })
    const values = await read(...tensors)
    for (let i = 0; i < values.length; i += 6) {
      const [boxes, scores, labels, trueBoxes, trueLabels, crowd] = values.slice(i, i + 6)
      this.state.images.push({
        boxes: boxes!,
        scores: scores!,
        labels: labels!,
        trueBoxes: trueBoxes!,
        trueLabels: trueLabels!,
        crowd: crowd!,
      })
    }
  }

  compute(): MeanAveragePrecisionResult {
    const { images } = this.state
    const classes = [...new Set(images.flatMap(({ trueLabels }) => Array.from(trueLabels)))].sort((a, b) => a - b)
    // [class][threshold]
    const scores = classes.map((label) => {
      const pairs = images.flatMap((image) => pairsOf(image, label, this.maxDetections, this.area))
      return this.iouThresholds.map((threshold) => this.average(pairs, threshold))
    })
    const real = classes.flatMap((label, c) =>
      scores[c]!.some(({ ap }) => !Number.isNaN(ap)) ? [{ label, at: scores[c]! }] : [],
    )
    const at = (t: number): number => mean(real.map((row) => row.at[t]!.ap))
    const atOverlap = (overlap: number): number => at(this.iouThresholds.findIndex((t) => Math.abs(t - overlap) < 1e-9))
    const flat = real.flatMap((row) => row.at)
    return {
      map: mean(flat.map(({ ap }) => ap)),
      map50: this.iouThresholds.some((t) => Math.abs(t - 0.5) < 1e-9) ? atOverlap(0.5) : Number.NaN,
      map75: this.iouThresholds.some((t) => Math.abs(t - 0.75) < 1e-9) ? atOverlap(0.75) : Number.NaN,
      mar: mean(flat.map(({ recall }) => recall)),
      perClass: new Map(real.map((row) => [row.label, mean(row.at.map(({ ap }) => ap))])),
      perThreshold: this.iouThresholds.map((_, t) => at(t)),
    }
  }

  /** Average precision and recall reached, of one class at one threshold; NaN without boxes to find. */
  private average(images: readonly Pairs[], threshold: number): { ap: number; recall: number } {
    const wanted = images.reduce((n, { truths }) => n + truths.filter(({ ignored }) => !ignored).length, 0)
    if (wanted === 0) return { ap: Number.NaN, recall: Number.NaN }
    const judged = images.flatMap((image) => match(image, threshold))
    const ranked = judged.filter(({ verdict }) => verdict !== 'ignored').sort((a, b) => b.score - a.score)
    let hits = 0
    const curve = ranked.map(({ verdict }, i) => {
      if (verdict === 'hit') hits++
      return { recall: hits / wanted, precision: hits / (i + 1) }
    })
    // The best precision at that recall or a higher one.
    for (let i = curve.length - 2; i >= 0; i--) curve[i]!.precision = Math.max(curve[i]!.precision, curve[i + 1]!.precision)
    return { ap: this.read(curve), recall: hits / wanted }
  }

  private read(curve: readonly { recall: number; precision: number }[]): number {
    if (this.points === 'all')
      return curve.reduce((area, { recall, precision }, i) => area + precision * (recall - (curve[i - 1]?.recall ?? 0)), 0)
    const last = this.points - 1
    let from = 0
    let sum = 0
    for (let i = 0; i <= last; i++) {
      while (from < curve.length && curve[from]!.recall < i / last) from++
      sum += curve[from]?.precision ?? 0
    }
    return sum / this.points
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** What of one image belongs to a class; nothing if it does not occur there. */
function pairsOf(image: Image, label: number, most: number, [smallest, largest]: readonly [number, number]): Pairs[] {
  const outside = (boxes: ArrayLike<number>, i: number): boolean => {
    const area = areaOf(boxes, i)
    return area < smallest || area > largest
  }
  const truths = indicesOf(image.trueLabels, label)
    .map((i) => ({ i, crowd: image.crowd[i] !== 0, ignored: image.crowd[i] !== 0 || outside(image.trueBoxes, i) }))
    .sort((a, b) => Number(a.ignored) - Number(b.ignored))
  const found = indicesOf(image.labels, label)
    .sort((a, b) => image.scores[b]! - image.scores[a]!)
    .slice(0, most)
    .map((d) => ({
      score: image.scores[d]!,
      outside: outside(image.boxes, d),
      overlaps: truths.map(({ i, crowd }) => overlapOf(image.boxes, d, image.trueBoxes, i, crowd)),
    }))
  return truths.length || found.length ? [{ found, truths }] : []
}

/** Matches detections with boxes, best first. */
function match({ found, truths }: Pairs, threshold: number): Judged[] {
  const taken = truths.map(() => false)
  return found.map(({ score, outside, overlaps }): Judged => {
    let overlap = Math.min(threshold, 1 - 1e-10)
    let best = -1
    for (let t = 0; t < truths.length; t++) {
      const { crowd, ignored } = truths[t]!
      if (taken[t] && !crowd) continue
      if (ignored && best >= 0 && !truths[best]!.ignored) break // what need not be found does not replace what must
      if (overlaps[t]! < overlap) continue
      overlap = overlaps[t]!
      best = t
    }
    if (best >= 0) taken[best] = true
    const ignored = best >= 0 ? truths[best]!.ignored : outside
    return { score, verdict: ignored ? 'ignored' : best >= 0 ? 'hit' : 'miss' }
  })
}

const indicesOf = (labels: ArrayLike<number>, label: number): number[] =>
  Array.from(labels, (l, i) => (l === label ? i : -1)).filter((i) => i >= 0)

const areaOf = (boxes: ArrayLike<number>, i: number): number =>
  (boxes[4 * i + 2]! - boxes[4 * i]!) * (boxes[4 * i + 3]! - boxes[4 * i + 1]!)

/** Intersection over union; of a crowd, over the detection alone. */
function overlapOf(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, crowd: boolean): number {
  const side = (d: number): number => Math.min(a[4 * i + 2 + d]!, b[4 * j + 2 + d]!) - Math.max(a[4 * i + d]!, b[4 * j + d]!)
  const width = side(0)
  const height = side(1)
  if (!(width > 0 && height > 0)) return 0
  const common = width * height
  return common / (crowd ? areaOf(a, i) : areaOf(a, i) + areaOf(b, j) - common)
}

/** Boxes [N, 4], and [N] of everything else; no boxes may be written []. */
function checkCounts(image: number, what: string, boxes: readonly number[], others: readonly (readonly number[])[]): void {
  const [n = 0, corners = 4] = boxes
  if (
    boxes.length > 2 ||
    (n > 0 && boxes.length !== 2) ||
    corners !== 4 ||
    others.some((shape) => shape.length !== 1 || shape[0] !== n)
  )
    throw new NablaError(
      'shape',
      `[MeanAveragePrecision] ${what} of image ${image}: boxes ${showShape(boxes)} with ${others.map(showShape).join(' and ')}; expected [N, 4] with [N] and [N]`,
      { image, boxes, others },
    )
}
