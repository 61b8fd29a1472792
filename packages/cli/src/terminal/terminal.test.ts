import { describe, expect, test } from 'vitest'
import { formulaText } from './formula.js'
import { markdownLines } from './markdown.js'
import { tableLines } from './table.js'
import { padTo, widthOf, wrapText } from './width.js'

describe('formulas as text', () => {
  test.each([
    [String.raw`\frac{\partial L}{\partial w_i} = \frac{1}{N}\sum_{i=1}^{N} x_i + 2\lambda w`, '∂L/∂wᵢ = 1/N Σᵢ₌₁ᴺ xᵢ + 2λw'],
    [String.raw`\mathbf{w} \leftarrow \mathbf{w} - \eta \frac{m_t}{\sqrt{v_t}+\epsilon}`, 'w ← w - ηmₜ/(√vₜ+ε)'],
    [String.raw`\|x-y\|_2 = \sqrt{\sum_k (x_k-y_k)^2}`, '‖x-y‖₂ = √(Σₖ (xₖ-yₖ)²)'],
    [String.raw`L_i = \sum_{j\ne y_i} \max(0, s_j - s_{y_i} + \Delta)`, 'Lᵢ = Σ_(j ≠ yᵢ) max(0, sⱼ - s_(yᵢ) + Δ)'],
    [String.raw`f(x)=\begin{cases} x & x>0 \\ 0 & \text{else}\end{cases}`, 'f(x) = { x, x > 0\n0, else'],
    [String.raw`e^{-\frac{1}{2\sigma^2}(y-b)^2}`, 'e^(-1/(2σ²) (y-b)²)'],
    [String.raw`X \in \mathbb{R}^{n\times d}`, 'X ∈ ℝ^(n × d)'],
    [String.raw`\left\{ \log p, W^\top, \hat{y}, k \times k \right.`, '{ log p, Wᵀ, ŷ, k × k'],
    [String.raw`\unknown{x} \sqrt[3]{8}`, 'unknownx ³√8'],
    [String.raw`\lVert v \rVert^2 \bmod \pi, \frac{v}{\sqrt{a + b}}`, '‖v‖² mod π, v/√(a + b)'],
    ['x^', 'x^'],
    ['{a', 'a'],
  ])('%s', (tex, text) => expect(formulaText(tex)).toBe(text))
})

test('Chinese signs take two columns and may be parted; punctuation does not begin a line', () => {
  expect(widthOf('卷积 a\u001b[1mb\u001b[22m ŷ')).toBe(9)
  expect(padTo('卷', 4)).toBe('卷  ')
  expect(padTo('7', 3, 'left')).toBe('  7')
  expect(wrapText('卷积让一个小窗口滑过，图像', 20)).toEqual(['卷积让一个小窗口滑', '过，图像'])
  expect(wrapText('one  two three', 8)).toEqual(['one  two', 'three'])
  expect(wrapText('unbreakable', 4)).toEqual(['unbreakable'])
})

test('tables: numbers to the right', () => {
  expect(
    tableLines(
      ['k', 'name'],
      [
        [1, 'a'],
        [10, null],
        [0.123456789, 'b'],
      ],
    ),
  ).toEqual(['      k  name', '      1  a', '     10', '0.12346  b'])
})

const notes = `# Title \`x\`

A **bold** word, a formula $\\frac{a}{b}$, a [link](https://example.org)
and \`--set lr=0.1\` on two lines.

$$ y = \\sum_i
x_i $$

- first item that is long enough to be broken
- second
  goes on

1. one

| a | b |
| --- | ---: |
| $|x|$ | 10 |

\`\`\`sh
nabla  lab list
\`\`\`
> said`

test('Markdown as lines', () => {
  expect(markdownLines(notes, { width: 40, colours: false })).toEqual([
    'Title x',
    '═══════',
    '',
    'A bold word, a formula a/b, a link',
    '(https://example.org) and --set lr=0.1',
    'on two lines.',
    '',
    '    y = Σᵢ xᵢ',
    '',
    '• first item that is long enough to be',
    '  broken',
    '• second goes on',
    '',
    '1. one',
    '',
    'a     b',
    '───────',
    '|x|  10',
    '',
    '    nabla  lab list',
    '',
    '│ said',
  ])
  expect(markdownLines('a **b**', { width: 40, colours: true })).toEqual(['a \u001b[1mb\u001b[22m'])
})
