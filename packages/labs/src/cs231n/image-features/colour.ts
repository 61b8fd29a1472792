/** How the colours of a picture are distributed, wherever they are: hue, saturation and value (Smith 1978), a histogram each. */

/** Hue as a share of the circle of colours (red 0, green 1/3, blue 2/3), saturation and value, all 0..1, of red, green and blue in 0..255. */
export function hsv(red: number, green: number, blue: number): [hue: number, saturation: number, value: number] {
  const most = Math.max(red, green, blue)
  const spread = most - Math.min(red, green, blue)
  if (spread === 0) return [0, 0, most / 255]
  const sixth = most === red ? (green - blue) / spread : most === green ? 2 + (blue - red) / spread : 4 + (red - green) / spread
  return [(sixth < 0 ? sixth + 6 : sixth) / 6, spread / most, most / 255]
}

/**
 * Three histograms of `bins` numbers into `out` at `at`. In the first every pixel counts for its hue as much as it is coloured (saturation times value): the hue of what is
 * nearly grey is chance. In the others every pixel counts 1. All are shares of the pixels.
 */
export function colourHistogram(pixels: Uint8Array, bins: number, out: Float32Array, at: number): void {
  const size = pixels.length / 3
  const bin = (share: number): number => Math.min(bins - 1, Math.floor(share * bins))
  for (let i = 0; i < size; i++) {
    const [hue, saturation, value] = hsv(pixels[i]!, pixels[size + i]!, pixels[2 * size + i]!)
    out[at + bin(hue)]! += (saturation * value) / size
    out[at + bins + bin(saturation)]! += 1 / size
    out[at + 2 * bins + bin(value)]! += 1 / size
  }
}
