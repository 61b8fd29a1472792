/** What a run keeps in its store, and what is said when that fails. */
import { NablaError } from '../core/errors.js'
import type { Module } from '../nn/module.js'
import type { BestInfo, Checkpoint, CheckpointStore, Tensors } from './checkpoint.js'

export class Keeper {
  /** The step whose checkpoint is kept. */
  private kept: number | undefined
  /** The weights that scored best in this process, where they are to be given back. */
  private best: Tensors | undefined

  constructor(
    private readonly store: CheckpointStore | undefined,
    private readonly model: Module,
    /** Whether the best weights are wanted in the end. */
    private readonly remembers: boolean,
  ) {}

  /** The checkpoint to go on from. */
  async load(): Promise<Checkpoint | undefined> {
    const checkpoint = await this.store?.load()
    this.kept = checkpoint?.state.step
    return checkpoint
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const { step } = checkpoint.state
    await this.written(step, () => this.store?.save(checkpoint))
    this.kept = step
  }

  /** Keeps the model's weights as they are now: they scored best. */
  async saveBest(info: BestInfo): Promise<void> {
    const weights = this.model.stateDict()
    if (this.remembers)
      this.best = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tensor.detach().clone().realize()]))
    await this.written(info.step, () => this.store?.saveBest?.(weights, info))
  }

  /** Gives the model its best weights. */
  async restoreBest(): Promise<void> {
    const best = this.best ?? (await this.store?.loadBest?.())
    if (best) this.model.loadStateDict(best)
  }

  private async written(step: number | undefined, write: () => Promise<void> | undefined): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (error instanceof NablaError && error.kind === 'training') throw error
      const { kept } = this
      throw new NablaError(
        'io',
        `[train] after step ${step} no checkpoint could be written${kept === undefined ? '' : `; the checkpoint of step ${kept} is kept`}: ` +
          (error instanceof Error ? error.message : String(error)),
        { step, kept },
      )
    }
  }
}
