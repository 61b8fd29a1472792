/** `nabla convert A B`: tensors from one format to another, each in the type it has. */
import { extname } from 'node:path'
import { Command } from 'commander'
import { NablaError, unknownName } from 'nabla'
import {
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  encodeTorch,
  openTensors,
  readTensors,
  type TensorData,
  writeFileAtomic,
} from 'nabla/io'

interface Options {
  readonly compress?: boolean
}

type Tensors = Readonly<Record<string, TensorData>>
type Writer = (tensors: Tensors, metadata: Readonly<Record<string, string>>, options: Options) => Uint8Array

/** Types that the target has are kept: PyTorch's int64 counters stay int64. */
const keep = { keepStored: true } as const
const torch: Writer = (tensors) => encodeTorch(new Map(Object.entries(tensors)), keep)

const writers: Readonly<Record<string, Writer>> = {
  '.safetensors': (tensors, metadata) => encodeSafetensors(tensors, metadata, keep),
  '.npz': (tensors, _, { compress = false }) => encodeNpz(tensors, { ...keep, compress }),
  '.npy': (tensors) => {
    const [only, ...more] = Object.values(tensors)
    if (!only || more.length)
      throw new NablaError(
        'argument',
        `[convert] an .npy file holds one tensor, here are ${Object.keys(tensors).length}: write .npz`,
      )
    return encodeNpy(only, keep)
  },
  '.pt': torch,
  '.pth': torch,
  '.th': torch,
}

export function convertCommand(): Command {
  return new Command('convert')
    .description('tensors from one format into another')
    .argument('<from>', 'safetensors, npy, npz, PyTorch or ONNX (its weights); seen from the content')
    .argument('<to>', `the new file; its ending says which format: ${Object.keys(writers).join(', ')}`)
    .option('--compress', 'deflate an .npz file')
    .action(convert)
}

async function convert(from: string, to: string, options: Options): Promise<void> {
  const ending = extname(to).toLowerCase()
  if (ending === '.onnx')
    throw new NablaError(
      'argument',
      '[convert] tensors alone make no ONNX model; nabla export onnx RUN FILE writes one with its computation',
    )
  const write = Object.hasOwn(writers, ending) ? writers[ending] : undefined
  if (!write) throw unknownName('argument', 'ending', ending, Object.keys(writers))
  const file = await openTensors(from)
  try {
    const tensors = await readTensors(file, { wideIntegers: 'float64' })
    await writeFileAtomic(to, write(tensors, file.metadata, options))
    process.stdout.write(`${to}: ${file.names.length} tensors from ${from} (${file.format})\n`)
  } finally {
    await file.close()
  }
}
