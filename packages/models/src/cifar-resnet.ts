/**
 * Residual networks for CIFAR-10's small images: 6 n + 2 layers, with shortcuts that have no weights.
 * Source: He and others, "Deep Residual Learning for Image Recognition" (2015), section 4.2, shortcut option A. Names of weights as in
 * Y. Idelbayev's pytorch_resnet_cifar10, whose published checkpoints load:
 *
 *     net.loadStateDict(await loadTorch('resnet20-12fca82f.th', { at: 'state_dict', strip: 'module.' }))
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

const conv3 = (from: number, to: number, stride = 1): nn.Conv2d => new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false })

/** Two 3 x 3 convolutions beside the identity; where the image shrinks, every other pixel with zeros for the new channels. */
class PaddedBlock extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly bn2: nn.BatchNorm2d

  constructor(
    private readonly inplanes: number,
    private readonly planes: number,
    private readonly stride: number,
  ) {
    super()
    this.conv1 = conv3(inplanes, planes, stride)
    this.bn1 = new nn.BatchNorm2d(planes)
    this.conv2 = conv3(planes, planes)
    this.bn2 = new nn.BatchNorm2d(planes)
  }

  /** @param x [N, inplanes, H, W] @returns [N, planes, H / stride, W / stride], rounded up */
  forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu() // [N, planes, H', W']
    const out = this.bn2.forward(this.conv2.forward(inner)) //      [N, planes, H', W']
    return out.add(this.shortcut(x)).relu()
  }

  private shortcut(x: Tensor): Tensor {
    const wider = this.planes - this.inplanes
    if (this.stride === 1 && wider === 0) return x
    const every = [null, null, this.stride] as const
    const smaller = x.at(null, null, every, every) // [N, inplanes, H', W']
    const before = Math.floor(wider / 2)
    return nn.functional.pad(smaller, [0, 0, 0, 0, before, wider - before])
  }
}

/** How deep and how wide a network for CIFAR-10 is. */
export interface CifarResNetOptions {
  /** 6 n + 2: 20, 32, 44, 56, 110. Default 20. */
  readonly layers?: number
  /** Default 10. */
  readonly numClasses?: number
}

/** 3 x 3 convolution; three stages of blocks with 16, 32 and 64 channels, the last two begin by halving the image; mean; linear. */
export class CifarResNet extends nn.Module {
  readonly conv1 = conv3(3, 16)
  readonly bn1 = new nn.BatchNorm2d(16)
  readonly layer1: nn.Sequential
  readonly layer2: nn.Sequential
  readonly layer3: nn.Sequential
  readonly linear: nn.Linear

  constructor({ layers = 20, numClasses = 10 }: CifarResNetOptions = {}) {
    super()
    const blocks = (layers - 2) / 6
    if (!Number.isInteger(blocks) || blocks < 1)
      throw new NablaError('argument', `[CifarResNet] layers must be 6 n + 2 (20, 32, 44, 56, 110), not ${layers}`, { layers })
    const stage = (from: number, to: number, stride: number): nn.Sequential =>
      new nn.Sequential(...Array.from({ length: blocks }, (_, i) => new PaddedBlock(i ? to : from, to, i ? 1 : stride)))
    this.layer1 = stage(16, 16, 1)
    this.layer2 = stage(16, 32, 2)
    this.layer3 = stage(32, 64, 2)
    this.linear = new nn.Linear(64, numClasses)
  }

  /** @param x [N, 3, 32, 32] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    x = this.bn1.forward(this.conv1.forward(x)).relu() // [N, 16, 32, 32]
    x = this.layer1.forward(x) //                         [N, 16, 32, 32]
    x = this.layer2.forward(x) //                         [N, 32, 16, 16]
    x = this.layer3.forward(x) //                         [N, 64, 8, 8]
    return this.linear.forward(x.mean([2, 3]))
  }
}
