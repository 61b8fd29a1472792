/** Images as terminals take them: the graphics protocol of kitty (sw.kovidgoyal.net/kitty/graphics-protocol), inline images of iTerm2 (iterm2.com/documentation-images.html). */
import { base64 } from '../pixels.js'
import type { ImageProtocol } from './detect.js'

/** A PNG that is shown so many columns wide. */
export function imageSequence(protocol: ImageProtocol, png: Uint8Array, columns: number): string {
  const data = base64(png)
  if (protocol === 'iterm2')
    return `\u001b]1337;File=inline=1;size=${png.length};width=${columns};preserveAspectRatio=1:${data}\u0007\n`
  const parts = data.match(/.{1,4096}/g) ?? []
  return `${parts
    .map(
      (part, i) => `\u001b_G${i === 0 ? `a=T,f=100,q=2,c=${columns},` : ''}m=${i === parts.length - 1 ? 0 : 1};${part}\u001b\\`,
    )
    .join('')}\n`
}
