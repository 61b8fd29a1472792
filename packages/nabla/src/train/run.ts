/** Runs that are kept in folders, for who has a file system. */
import { NablaError } from '../core/errors.js'
import type { RunFolder } from './run-folder.node.js'

const onNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node)

/**
 * Opens a run's folder: a store of checkpoints, and a log of metrics. A run that was killed there goes on.
 *
 *     const run = await openRun('runs/digits')
 *     const trainer = new Trainer({ ..., store: run, callbacks: [metricsRows((row) => run.metrics(row))] })
 *     await trainer.fit()
 *     await run.close()
 *
 * Throws NablaError('io') when another run holds the folder, when it cannot be written, and where there are no files.
 */
export async function openRun(path: string): Promise<RunFolder> {
  if (!onNode())
    throw new NablaError(
      'io',
      '[openRun] there are no files here: keep the bytes of encodeCheckpoint() in a CheckpointStore of your own',
    )
  return (await import('./run-folder.node.js')).RunFolder.open(path)
}
