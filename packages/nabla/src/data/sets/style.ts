/** Photographs and paintings for style transfer. */
import { type FetchOptions, fetchFiles } from '../fetch.js'
import { decodeImage } from '../image-file.js'
import type { Raster } from '../raster.js'
import type { DataSetEntry } from './entry.js'

/** The entry of the pictures. */
export const stylePicturesEntry: DataSetEntry = {
  name: 'style-pictures',
  title: 'Pictures for style transfer (van Gogh, Munch, Turner; samples of scikit-image)',
  about:
    '4 photographs (astronaut, chelsea the cat, coffee, rocket) and 3 paintings (starry night, the scream, shipwreck of the Minotaur), JPEG, 512 pixels at most',
  licence: 'public domain; chelsea (Stefan van der Walt) and coffee (Rachel Michetti) CC0',
  files: [
    { name: 'astronaut.jpg', bytes: 73_281, sha256: '9de5c39dfaeb3423b4b3af1fee0f22f0b71c4609a9b265c3aa043becee53a156' },
    { name: 'chelsea.jpg', bytes: 37_971, sha256: 'e122579f313cec2886ad083a33a81b11fd680174baa053e943829ed9010b4cbd' },
    { name: 'coffee.jpg', bytes: 58_744, sha256: '5c45f3e509ab92851120fed91fa023e3e719c7f8dd6f1ace8b0972f96dd26c97' },
    { name: 'rocket.jpg', bytes: 36_556, sha256: '9f2eb3bb99462f765d97e572b67b8fa2a313201bfb5d14b9a469a54fa7b6f75b' },
    { name: 'shipwreck-minotaur.jpg', bytes: 75_302, sha256: '9b1471edc020ee21c20033a4ca8b1db18fd4a51b9dce982b2d82aa9b1b5c622e' },
    { name: 'starry-night.jpg', bytes: 112_957, sha256: '07b4e406173b459520d7861a73cad0e5482bb1df3441766d7b4d6581dc06c60b' },
    { name: 'the-scream.jpg', bytes: 72_973, sha256: '1cf38250815c39587eecc7cf3f504e463d4b4d7a86fa0afc317ca94cfa2c520b' },
  ],
  places: [],
  origin:
    "a prepared copy (the photographs are scikit-image's samples, the paintings those of GitHub project jcjohnson/neural-style, reduced to 512 pixels)",
}

/** The pictures by their names without `.jpg`: astronaut, chelsea, coffee, rocket, shipwreck-minotaur, starry-night, the-scream; RGB. */
export async function stylePictures(options?: FetchOptions): Promise<Record<string, Raster>> {
  const files = await fetchFiles(stylePicturesEntry, undefined, options)
  const pictures = [...files].map(async ([name, bytes]) => [
    name.replace(/\.jpg$/, ''),
    await decodeImage(bytes, { name, mode: 'rgb' }),
  ])
  return Object.fromEntries(await Promise.all(pictures))
}
