/** Logs that TensorBoard opens. What encodes them is loaded when the first is opened. */
import { NablaError } from '../../core/errors.js'
import type { EventSink, TensorBoard } from './writer.js'

export type { EventSink, TensorBoard, TensorBoardOptions } from './writer.js'

/**
 * A new event file in a run's folder, as `tensorboard --logdir` looks for them; a run that goes on adds a file. Where there are no files, a
 * sink of one's own takes the records. Throws NablaError('io') where the file cannot be written.
 */
export async function openTensorBoard(target: string | EventSink): Promise<TensorBoard> {
  const { TensorBoard } = await import('./writer.js')
  if (typeof target !== 'string') return new TensorBoard(target)
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('io', '[TensorBoard] there are no files here: give openTensorBoard a sink of your own')
  return new TensorBoard((await import('./file.node.js')).eventFile(target))
}
