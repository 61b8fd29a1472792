/** Where a run is, and its sums: plain numbers, so that a checkpoint can hold them and a run go on as if it had never stopped. */

export class RunState {
  /** Steps whose result is known. */
  step: number
  /** Seconds of training, without evaluation. */
  private spent: number
  private images: number
  /** Sums over the current epoch: images, their losses, how many were right. */
  private epochImages: number
  private epochLoss: number
  private epochRight: number
  private since: number | undefined
  /** Images and seconds when the first result of this process was there: what came before was mostly compilation. */
  private warm: { images: number; seconds: number } | undefined

  constructor(
    private readonly perEpoch: number,
    numbers: Readonly<Record<string, number>> = {},
    seconds = 0,
  ) {
    const { step = 0, images = 0, epochImages = 0, epochLoss = 0, epochRight = 0 } = numbers
    this.step = step
    this.spent = seconds
    this.images = images
    this.epochImages = epochImages
    this.epochLoss = epochLoss
    this.epochRight = epochRight
  }

  /** All but the time. */
  get numbers(): Record<string, number> {
    const { step, images, epochImages, epochLoss, epochRight } = this
    return { step, images, epochImages, epochLoss, epochRight }
  }

  /** Takes in the result of step `number`: its mean loss over `images`, of which `right` were right. */
  count(number: number, loss: number, right: number, images: number): void {
    if ((number - 1) % this.perEpoch === 0) this.epochImages = this.epochLoss = this.epochRight = 0
    this.step = number
    this.images += images
    this.epochImages += images
    this.epochLoss += loss * images
    this.epochRight += right
    this.warm ??= { images: this.images, seconds: this.seconds }
  }

  /** The clock runs while steps are made, and stands while the model is measured. */
  start(): void {
    this.since = performance.now()
  }

  pause(): void {
    this.spent = this.seconds
    this.since = undefined
  }

  get seconds(): number {
    return this.spent + (this.since === undefined ? 0 : (performance.now() - this.since) / 1000)
  }

  /** Means over the current epoch so far. */
  get loss(): number {
    return this.epochLoss / this.epochImages
  }

  get accuracy(): number {
    return this.epochRight / this.epochImages
  }

  /** Over the whole run, compilation included. */
  get imagesPerSecond(): number {
    return this.images / this.seconds
  }

  /** Since the first result of this process: what the rest of the run may go on at. */
  get currentRate(): number {
    const { images, seconds } = this.warm ?? { images: 0, seconds: 0 }
    return this.images > images ? (this.images - images) / (this.seconds - seconds) : this.imagesPerSecond
  }
}
