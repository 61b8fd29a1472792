/** Operations on boxes and regions of images, as torchvision's `ops`: `import { nms, roiAlign } from 'nabla/vision'`. */
export {
  boxArea,
  boxConvert,
  type BoxFormat,
  boxIou,
  clipBoxesToImage,
  completeBoxIou,
  distanceBoxIou,
  generalizedBoxIou,
  masksToBoxes,
  removeSmallBoxes,
} from './boxes.js'
export { type FocalLossOptions, sigmoidFocalLoss } from './focal.js'
export { batchedNms, nms } from './nms.js'
export { type Regions, roiAlign, type RoiAlignOptions, roiPool, type RoiPoolOptions } from './regions.js'
