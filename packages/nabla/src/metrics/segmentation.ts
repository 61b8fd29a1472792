/** Overlap of predicted and right regions. */
import { ClassCounts } from './classes.js'

/**
 * Mean intersection over union (Jaccard 1912): for each class hits / (predicted + right - hits), averaged over the classes that
 * occur. Predictions are classes [N, H, W] or scores [N, C, H, W] for targets [N, H, W]; pixels of `ignoreIndex` count nothing.
 * NaN without samples.
 */
export class MeanIoU extends ClassCounts<number> {
  /** The overlap of each class; NaN of a class that was neither predicted nor right. */
  perClass(): number[] {
    return this.byClass().map(({ hits, predicted, right }) => hits / (predicted + right - hits))
  }

  compute(): number {
    const known = this.perClass().filter((iou) => !Number.isNaN(iou))
    return known.reduce((a, b) => a + b, 0) / known.length
  }
}
