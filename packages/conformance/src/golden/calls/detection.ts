/** Boxes and regions of images. */
import * as vision from 'nabla/vision'
import type { CallTable } from '../call.js'
import { camelOptions } from '../names.js'

export const detection: CallTable = {
  'torchvision.ops.box_area': ({ boxes }) => vision.boxArea(boxes),
  'torchvision.ops.box_convert': ({ boxes, in_fmt, out_fmt }) => vision.boxConvert(boxes, in_fmt, out_fmt),
  'torchvision.ops.box_iou': ({ boxes1, boxes2 }) => vision.boxIou(boxes1, boxes2),
  'torchvision.ops.generalized_box_iou': ({ boxes1, boxes2 }) => vision.generalizedBoxIou(boxes1, boxes2),
  'torchvision.ops.distance_box_iou': ({ boxes1, boxes2, eps }) => vision.distanceBoxIou(boxes1, boxes2, eps),
  'torchvision.ops.complete_box_iou': ({ boxes1, boxes2, eps }) => vision.completeBoxIou(boxes1, boxes2, eps),
  'torchvision.ops.clip_boxes_to_image': ({ boxes, size }) => vision.clipBoxesToImage(boxes, size),
  'torchvision.ops.remove_small_boxes': ({ boxes, min_size }) => vision.removeSmallBoxes(boxes, min_size),
  'torchvision.ops.masks_to_boxes': ({ masks }) => vision.masksToBoxes(masks),
  'torchvision.ops.nms': ({ boxes, scores, iou_threshold }) => vision.nms(boxes, scores, iou_threshold),
  'torchvision.ops.batched_nms': ({ boxes, scores, idxs, iou_threshold }) =>
    vision.batchedNms(boxes, scores, idxs, iou_threshold),
  'torchvision.ops.roi_align': ({ input, boxes, output_size, ...options }) =>
    vision.roiAlign(input, boxes, output_size, camelOptions(options)),
  'torchvision.ops.roi_pool': ({ input, boxes, output_size, ...options }) =>
    vision.roiPool(input, boxes, output_size, camelOptions(options)),
  'torchvision.ops.sigmoid_focal_loss': ({ inputs, targets, ...options }) =>
    vision.sigmoidFocalLoss(inputs, targets, camelOptions(options)),
}
