/** A confusion matrix as SVG: what the images are, and what the model takes them for. */
import { scaleSqrt } from 'd3-scale'
import { element, picture, text } from './svg.js'

export interface ConfusionChart {
  readonly title: string
  readonly classes: readonly string[]
  /** Row-major [truth, prediction] counts. */
  readonly counts: ArrayLike<number>
}

const cell = 40

/** The matrix as a whole SVG document. A cell's colour is its share of its row; the last column is the share of each class that was recognised. */
export function confusionChart({ title, classes, counts }: ConfusionChart): string {
  const n = classes.length
  const longest = Math.max(...classes.map((name) => name.length), 1)
  const [left, top] = [longest * 6.6 + 44, 60]
  const tilted = longest > 4
  const [width, height] = [left + n * cell + 70, top + n * cell + (tilted ? longest * 5 + 20 : 24) + 30]
  const right = scaleSqrt<string>([0, 1], ['#ffffff', '#0072b2'])
  const wrong = scaleSqrt<string>([0, 1], ['#ffffff', '#d55e00'])
  const middle = (i: number, from: number): number => from + (i + 0.5) * cell

  const cells: string[] = []
  for (let truth = 0; truth < n; truth++) {
    let total = 0
    for (let p = 0; p < n; p++) total += counts[truth * n + p]!
    for (let p = 0; p < n; p++) {
      const count = counts[truth * n + p]!
      const share = total ? count / total : 0
      const fill = (truth === p ? right : wrong)(share)
      cells.push(element('rect', { x: left + p * cell, y: top + truth * cell, width: cell, height: cell, fill, stroke: '#eee' }))
      if (count)
        cells.push(
          text(String(count), {
            x: middle(p, left),
            y: middle(truth, top) + 4,
            'text-anchor': 'middle',
            fill: share > 0.4 ? '#fff' : '#333',
          }),
        )
    }
    cells.push(text(classes[truth]!, { x: left - 8, y: middle(truth, top) + 4, 'text-anchor': 'end' }))
    const recall = total ? `${((100 * counts[truth * n + truth]!) / total).toFixed(1)} %` : ''
    cells.push(text(recall, { x: left + n * cell + 8, y: middle(truth, top) + 4 }))
    const [x, y] = [middle(truth, left), top + n * cell + 16]
    const place = tilted
      ? { transform: `translate(${x} ${y}) rotate(-40)`, 'text-anchor': 'end' }
      : { x, y, 'text-anchor': 'middle' }
    cells.push(text(classes[truth]!, place))
  }
  return picture(
    width,
    height,
    title,
    ...cells,
    text('prediction', { x: left + (n * cell) / 2, y: height - 10, 'text-anchor': 'middle', 'font-style': 'italic' }),
    text('truth', {
      transform: `translate(16 ${top + (n * cell) / 2}) rotate(-90)`,
      'text-anchor': 'middle',
      'font-style': 'italic',
    }),
  )
}
