/**
 * Histograms of oriented gradients (Dalal and Triggs 2005): in which directions brightness changes, cell by cell.
 *
 *     grey -> gradient (dx, dy) of each pixel -> |gradient| votes for its orientation in the nearest cells -> cells in blocks of 2 x 2, each brought to length 1
 *
 * Orientations are those of lines: dark over light counts as light over dark. A vote is shared between the two nearest of `orientations` bins and the four nearest cells.
 */

export interface HogOptions {
  /** Side of a cell in pixels. */
  readonly cell: number
  /** Bins over half a turn. */
  readonly orientations: number
}

/** No part of a block's length counts for more than this, so that one strong edge does not hide the others. */
const clip = 0.2

/** How many numbers `hog` gives for a picture. */
export function hogLength(height: number, width: number, { cell, orientations }: HogOptions): number {
  const [down, across] = [Math.floor(height / cell), Math.floor(width / cell)]
  return (down - 1) * (across - 1) * 4 * orientations
}

/** Brightness 0..1 of three planes of bytes, by the luma weights of Rec. 601. */
export function greyOf(pixels: Uint8Array): Float32Array {
  const size = pixels.length / 3
  const grey = new Float32Array(size)
  for (let i = 0; i < size; i++) grey[i] = (0.299 * pixels[i]! + 0.587 * pixels[size + i]! + 0.114 * pixels[2 * size + i]!) / 255
  return grey
}

/** Votes of every cell, row-major [down, across, orientations]. */
export function cellHistograms(
  grey: Float32Array,
  height: number,
  width: number,
  { cell, orientations }: HogOptions,
): Float32Array {
  const [down, across] = [Math.floor(height / cell), Math.floor(width / cell)]
  const cells = new Float32Array(down * across * orientations)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const here = y * width
      const dx = grey[here + Math.min(x + 1, width - 1)]! - grey[here + Math.max(x - 1, 0)]!
      const dy = grey[Math.min(y + 1, height - 1) * width + x]! - grey[Math.max(y - 1, 0) * width + x]!
      const strength = Math.sqrt(dx * dx + dy * dy)
      if (strength === 0) continue
      const turn = Math.atan2(dy, dx) / Math.PI // -1..1, of which the two halves are the same line
      const place = (turn < 0 ? turn + 1 : turn) * orientations - 0.5
      const bin = Math.floor(place)
      const next = place - bin // share of the bin after it
      const [first, second] = [(bin + orientations) % orientations, (bin + 1) % orientations]
      const [top, left] = [(y + 0.5) / cell - 0.5, (x + 0.5) / cell - 0.5]
      const [row, column] = [Math.floor(top), Math.floor(left)]
      for (let i = 0; i < 2; i++)
        for (let j = 0; j < 2; j++) {
          const [r, c] = [row + i, column + j]
          if (r < 0 || c < 0 || r >= down || c >= across) continue
          const near = strength * (i === 0 ? 1 - (top - row) : top - row) * (j === 0 ? 1 - (left - column) : left - column)
          const at = (r * across + c) * orientations
          cells[at + first]! += near * (1 - next)
          cells[at + second]! += near * next
        }
    }
  return cells
}

/** The features of a picture of three planes of bytes, into `out` at `at`: all blocks of 2 x 2 cells, row by row. */
export function hog(pixels: Uint8Array, height: number, width: number, options: HogOptions, out: Float32Array, at: number): void {
  const { cell, orientations } = options
  const cells = cellHistograms(greyOf(pixels), height, width, options)
  const [down, across] = [Math.floor(height / cell), Math.floor(width / cell)]
  const pair = 2 * orientations // two cells side by side lie together
  for (let r = 0; r + 1 < down; r++)
    for (let c = 0; c + 1 < across; c++, at += 2 * pair) {
      const upper = (r * across + c) * orientations
      out.set(cells.subarray(upper, upper + pair), at)
      const lower = upper + across * orientations
      out.set(cells.subarray(lower, lower + pair), at + pair)
      const block = out.subarray(at, at + 2 * pair)
      unit(block)
      for (let k = 0; k < block.length; k++) block[k] = Math.min(block[k]!, clip)
      unit(block)
    }
}

/** Scales to length 1; what is nearly 0 stays so. */
function unit(block: Float32Array): void {
  let squares = 1e-6
  for (let k = 0; k < block.length; k++) squares += block[k]! ** 2
  const length = Math.sqrt(squares)
  for (let k = 0; k < block.length; k++) block[k]! /= length
}
