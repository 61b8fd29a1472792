/** `nabla inspect FILE`: the tensors in a file, with a glance at their values. */
import { Command } from 'commander'
import { openTensors, statisticsOf, type TensorFile, type TensorInfo, type TensorStatistics } from 'nabla/io'

interface Options {
  readonly json?: boolean
  readonly values: boolean
}

type Row = TensorInfo & { readonly name: string; readonly statistics?: TensorStatistics }

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('names, shapes, types and statistics of the tensors in a file')
    .argument('<file>', 'safetensors, npy, npz, PyTorch (.pt, .pth, .th) or ONNX')
    .option('--no-values', 'names, shapes and types only: reads no values, so it is quick on files of any size')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nNothing in a file is ever run: a pickle that would call code is refused by the name of what it calls.',
    )
    .action(inspect)
}

async function inspect(path: string, { json, values }: Options): Promise<void> {
  const file = await openTensors(path)
  try {
    const rows: Row[] = []
    for (const name of file.names) {
      const info = file.info(name)
      rows.push(
        values
          ? { name, ...info, statistics: statisticsOf(await file.read(name, { wideIntegers: 'float64' })) }
          : { name, ...info },
      )
    }
    process.stdout.write(
      json
        ? `${JSON.stringify({ file: path, format: file.format, metadata: file.metadata, tensors: rows })}\n`
        : page(file, rows),
    )
  } finally {
    await file.close()
  }
}

const elements = ({ shape }: TensorInfo): number => shape.reduce((a, b) => a * b, 1)
const short = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(4))))

function page(file: TensorFile, rows: readonly Row[]): string {
  const head = ['name', 'shape', 'type', ...(rows.some(({ statistics }) => statistics) ? ['min', 'max', 'mean', 'std', ''] : [])]
  const cells = rows.map(({ name, shape, stored, statistics: s }) => [
    name,
    `[${shape.join(', ')}]`,
    stored,
    ...(s ? [short(s.min), short(s.max), short(s.mean), short(s.std), odd(s)] : []),
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => (i < 3 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const texts = Object.entries(file.metadata).map(
    ([key, value]) => `  ${key}: ${value.length > 100 ? `${value.slice(0, 100)}...` : value}`,
  )
  const count = rows.reduce((sum, row) => sum + elements(row), 0)
  return [
    `${file.name}: ${file.format}, ${rows.length} tensors, ${count.toLocaleString('en')} elements`,
    ...texts,
    '',
    line(head),
    ...cells.map(line),
    '',
  ].join('\n')
}

const odd = ({ nan, infinite }: TensorStatistics): string =>
  [nan ? `${nan} NaN` : '', infinite ? `${infinite} infinite` : ''].filter(Boolean).join(', ')
