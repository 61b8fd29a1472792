/** `nabla data`: the data sets that are known by name, and what of them is on this machine. */
import { Command } from 'commander'
import { NablaError } from 'nabla'
import {
  type DataSetEntry,
  type DataSetStatus,
  dataPath,
  dataSetEntry,
  dataSetStatus,
  dataSets,
  importDataSet,
  removeDataSet,
  verifyDataSet,
} from 'nabla/data'
import { exitCodes } from '../errors.js'
import { progressView } from '../progress.js'

interface GetOptions {
  readonly from?: string
  readonly offline?: boolean
}
interface Json {
  readonly json?: boolean
}

/** The `data` command; `finish` is handed the exit code. */
export function dataCommand(finish: (code: number) => void): Command {
  const json = 'as JSON on standard output'
  return new Command('data')
    .description('data sets: what there is, fetch, import, verify, remove')
    .addHelpText('after', help)
    .addCommand(new Command('list').description('what there is, and what of it is here').option('--json', json).action(list))
    .addCommand(
      new Command('get')
        .description('fetch data sets into the cache, verified')
        .argument('<name...>', 'names, as "nabla data list" shows them')
        .option('--from <place>', 'a folder, archive or address that is asked first')
        .option('--offline', 'open no connection (as NABLA_OFFLINE=1)')
        .option('--json', json)
        .action(get),
    )
    .addCommand(
      new Command('import')
        .description('take files that are on this machine into the cache, checked by their sums')
        .argument('<name>', 'the data set')
        .argument('<path>', 'a folder with its files, an archive (tar, tar.gz, zip) with them, or one of them')
        .option('--json', json)
        .action(async (name: string, path: string, options: Json) => finish(await take(name, path, options))),
    )
    .addCommand(
      new Command('path')
        .description('the folder with the files of a data set, if they are all here')
        .argument('<name>', 'the data set')
        .action(path),
    )
    .addCommand(
      new Command('verify')
        .description('check the sums of what is here')
        .argument('[name...]', 'data sets (default: all of which something is here)')
        .option('--json', json)
        .action(async (names: string[], options: Json) => finish(await verify(names, options))),
    )
    .addCommand(
      new Command('remove')
        .description('remove data sets from the cache')
        .argument('<name...>', 'data sets')
        .option('--json', json)
        .action(remove),
    )
}

const help = `
Examples:
  nabla data list
  nabla data get mnist cifar10
  nabla data import squeezenet1.1 ~/Downloads/weights   what no source has: the error says where to get it
  ls "$(nabla data path iris)"

Environment:
  NABLA_CACHE    the cache's folder; data sets lie in data/ below it
  NABLA_OFFLINE  1 opens no connection: what is not here is an error that says how to bring it`

const entryOf = (name: string): DataSetEntry => {
  try {
    return dataSetEntry(name)
  } catch (error) {
    throw error instanceof NablaError ? new NablaError('argument', error.message, error.facts) : error
  }
}

const bytesOf = (entry: { readonly files: readonly { readonly bytes: number }[] }): number =>
  entry.files.reduce((sum, file) => sum + file.bytes, 0)

const size = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${bytes} B`

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const write = (text: string): void => void process.stdout.write(`${text}\n`)

const sourcesOf = ({ places }: DataSetEntry): string[] =>
  places.map((place) =>
    place.kind === 'npm' ? `npm ${place.package}` : place.kind === 'system' ? `apt ${place.package}` : place.address,
  )

async function list({ json }: Json): Promise<void> {
  const rows = await Promise.all(dataSets.map(async (entry) => ({ entry, status: await dataSetStatus(entry.name) })))
  if (json)
    return print(
      rows.map(({ entry, status }) => ({
        name: entry.name,
        title: entry.title,
        about: entry.about,
        licence: entry.licence,
        bytes: bytesOf(entry),
        state: status.state,
        folder: status.folder,
        sources: sourcesOf(entry),
        origin: entry.origin,
      })),
    )
  const width = Math.max(...rows.map(({ entry }) => entry.name.length))
  for (const { entry, status } of rows) {
    const state = status.state === 'missing' ? (entry.places.length ? '' : 'import') : status.state
    write(`${entry.name.padEnd(width)}  ${size(bytesOf(entry)).padStart(8)}  ${state.padEnd(7)}  ${entry.title}`)
  }
  write('\nhere: in the cache; import: has no source that can be asked, see "nabla data import"')
}

async function get(names: readonly string[], { from, offline, json }: GetOptions & Json): Promise<void> {
  const entries = names.map(entryOf)
  const view = progressView(process.stderr)
  const done: { name: string; folder: string; bytes: number }[] = []
  try {
    for (const entry of entries) {
      const folder = await dataPath(entry.name, {
        report: view.report,
        ...(from !== undefined && { from }),
        ...(offline && { offline }),
      })
      done.push({ name: entry.name, folder, bytes: bytesOf(entry) })
      if (!json) {
        view.end()
        write(`${entry.name}: ${size(bytesOf(entry))} in ${folder}`)
      }
    }
  } finally {
    view.end()
  }
  if (json) print(done)
}

async function take(name: string, path: string, { json }: Json): Promise<number> {
  entryOf(name)
  const { taken, missing } = await importDataSet(name, path)
  const { folder } = await dataSetStatus(name)
  if (json) print({ name, folder, taken, missing })
  else {
    write(`${name}: ${taken.join(', ')} in ${folder}`)
    if (missing.length) write(`${name}: still missing: ${missing.join(', ')}`)
  }
  return missing.length ? exitCodes.failed : exitCodes.well
}

async function path(name: string): Promise<void> {
  const entry = entryOf(name)
  const { folder, state, files } = await dataSetStatus(name)
  if (state !== 'here') {
    const bad = files.filter((file) => file.state !== 'here').map((file) => `${file.name} (${file.state})`)
    const how = entry.places.length ? `nabla data get ${name}` : `nabla data import ${name} PATH`
    throw new NablaError('data', `${name} is not here: ${bad.join(', ')}; "${how}" brings it`, { name, files: bad })
  }
  write(folder)
}

async function verify(names: readonly string[], { json }: Json): Promise<number> {
  const statuses: DataSetStatus[] = []
  for (const { name } of names.length ? names.map(entryOf) : dataSets) {
    if (!names.length && (await dataSetStatus(name)).state === 'missing') continue
    statuses.push(await verifyDataSet(name))
    if (!json) sayVerified(statuses.at(-1)!)
  }
  if (json) print(statuses)
  else if (!statuses.length) write('no data set is here')
  const wrong = statuses.some(({ state }) => state === 'damaged' || (names.length > 0 && state !== 'here'))
  return wrong ? exitCodes.failed : exitCodes.well
}

function sayVerified({ name, state, files }: DataSetStatus): void {
  const bad = files.filter((file) => file.state !== 'here')
  write(state === 'here' ? `${name}: well` : `${name}: ${state}`)
  for (const file of bad) write(`  ${file.name}: ${file.problem ?? 'missing'}`)
}

async function remove(names: readonly string[], { json }: Json): Promise<void> {
  const entries = names.map(entryOf)
  const freed: { name: string; bytes: number }[] = []
  for (const { name } of entries) freed.push({ name, bytes: await removeDataSet(name) })
  if (json) return print(freed)
  for (const { name, bytes } of freed) write(bytes ? `${name}: ${size(bytes)} removed` : `${name}: nothing was here`)
}
