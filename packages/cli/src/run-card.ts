/** A finished run as a page of Markdown: README.md in its folder, as model hubs and code forges show it. */
import { type Lab, showValue } from '@nabla/labs'
import { modelCard } from 'nabla/io'
import type { RunRecord } from './run-folder.js'

/** Entries of a run's result that are no figures. */
const said = ['lab', 'preset', 'device', 'stopped', 'run']

/** What came out, by name. */
interface Finished {
  readonly json: Readonly<Record<string, unknown>>
  readonly pictures: ReadonlyMap<string, unknown>
  readonly tables: ReadonlyMap<string, unknown>
}

/** What was run with which settings, what came out, and the files that are there. */
export function runCard(lab: Lab, record: RunRecord, { json, pictures, tables }: Finished): string {
  const settings = Object.entries(record.options).map(([name, value]) => [
    name,
    typeof value === 'object' ? showValue(value) : value,
  ])
  const cpu = record.machine ? `${record.machine.cpu}, ${record.machine.cores} cores, ` : ''
  return modelCard({
    name: lab.title,
    summary: `The lab \`${lab.id}\` of nabla ${record.version}, begun on ${record.started.slice(0, 10)} on ${cpu}device ${record.device}.`,
    tags: [lab.id],
    ...(record.command === undefined ? {} : { uses: `The run is repeated by \`${record.command}\`.` }),
    settings: Object.fromEntries(settings) as Record<string, string | number | boolean>,
    figures: Object.fromEntries(Object.entries(json).filter(([name]) => !said.includes(name))),
    pictures: Object.fromEntries([...pictures.keys()].map((name) => [`${name}.svg`, name])),
    files: {
      ...(lab.trains
        ? { 'model.safetensors': `the weights; \`nabla export onnx\` and \`nabla convert\` write other formats` }
        : {}),
      'run.json': 'settings and result',
      'metrics.jsonl': 'what was measured on the way, a line each',
      'log.txt': 'what was said',
      ...Object.fromEntries([...tables.keys()].map((name) => [`${name}.csv`, 'a table'])),
    },
  })
}
