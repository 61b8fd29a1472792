/** The functions of the CS231n assignments, computed by the library's own layers, losses and optimizers. */
import { attention } from './attention.js'
import { diffusion } from './diffusion.js'
import { layers } from './layers.js'
import { losses } from './losses.js'
import { networks } from './networks.js'
import { optimizers } from './optimizers.js'
import { recurrent } from './recurrent.js'
import type { FunctionTable } from './table.js'

export const functions: FunctionTable = {
  ...layers,
  ...losses,
  ...networks,
  ...optimizers,
  ...recurrent,
  ...attention,
  ...diffusion,
}
