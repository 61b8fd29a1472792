/** All data sets that are known by name. Whoever wants one set imports its own function, which does not need this list. */
import { unknownName } from '../core/errors.js'
import { airfoilEntry } from './sets/airfoil.js'
import { bccdEntry } from './sets/bccd.js'
import { camvidEntry } from './sets/camvid.js'
import { cifar10Entry } from './sets/cifar10.js'
import { cocoMiniEntry } from './sets/coco-mini.js'
import type { DataSetEntry, ImageSetEntry } from './sets/entry.js'
import { fraEngEntry } from './sets/fra-eng.js'
import { housePricesEntry } from './sets/house-prices.js'
import { imdbEntry } from './sets/imdb.js'
import { fashionMnistEntry, mnistEntry } from './sets/mnist.js'
import { mobyDickEntry } from './sets/moby-dick.js'
import { pennFudanEntry } from './sets/penn-fudan.js'
import { imagenetLabelsEntry, pretrainedEntries } from './sets/pretrained.js'
import { rtPolarityEntry } from './sets/rt-polarity.js'
import { stylePicturesEntry } from './sets/style.js'
import { bostonEntry, irisEntry } from './sets/tables.js'
import { timeMachineEntry } from './sets/time-machine.js'
import { tinyShakespeareEntry } from './sets/tiny-shakespeare.js'
import { ucmCaptionsEntry } from './sets/ucm-captions.js'
import { wikitext2Entry } from './sets/wikitext2.js'

/** Every data set, in the order in which lists show them. */
export const dataSets: readonly DataSetEntry[] = [
  mnistEntry,
  fashionMnistEntry,
  cifar10Entry,
  bostonEntry,
  irisEntry,
  housePricesEntry,
  airfoilEntry,
  mobyDickEntry,
  timeMachineEntry,
  tinyShakespeareEntry,
  wikitext2Entry,
  fraEngEntry,
  imdbEntry,
  rtPolarityEntry,
  ucmCaptionsEntry,
  cocoMiniEntry,
  pennFudanEntry,
  camvidEntry,
  bccdEntry,
  stylePicturesEntry,
  imagenetLabelsEntry,
  ...pretrainedEntries,
]

/** The names that the `nabla data` command knows. */
export const dataSetNames: readonly string[] = dataSets.map((entry) => entry.name)

/** The entry of a data set; NablaError('data') with the nearest known name when there is none. */
export function dataSetEntry(name: string): DataSetEntry {
  const entry = dataSets.find((one) => one.name === name)
  if (!entry) throw unknownName('data', 'data set', name, dataSetNames)
  return entry
}

const imageSets: readonly ImageSetEntry[] = [mnistEntry, fashionMnistEntry, cifar10Entry]

/** The entry of a data set of images of one size with a class each (`imageSet` gives these); NablaError('data') with the nearest known name when there is none. */
export function imageSetEntry(name: string): ImageSetEntry {
  const entry = imageSets.find((one) => one.name === name)
  if (!entry)
    throw unknownName(
      'data',
      'data set',
      name,
      imageSets.map((one) => one.name),
    )
  return entry
}
