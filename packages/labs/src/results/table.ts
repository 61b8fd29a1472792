/** Recorded figures beside those of the notes: as rows, and as Markdown. */
import { type Chapter, chapters, type Lab, type Target } from '../lab.js'
import { type OptionValue, showValue } from '../options.js'
import type { ResultRecord } from './record.js'

/** One figure of a run beside what is asked of it. */
export interface ResultRow {
  /** Name of the summary's entry. */
  readonly figure: string
  readonly here: number | string | null
  /** `at least 0.27`. */
  readonly asked: string
  readonly reached: boolean
  readonly source: string
}

/** A recorded run: the figures that are asked for, then what else came out. */
export interface ResultGroup {
  readonly record: ResultRecord
  readonly rows: readonly ResultRow[]
  readonly others: readonly (readonly [name: string, value: number | string | null])[]
}

/** The recorded runs of a chapter, in the order of its labs. */
export interface ResultChapter {
  readonly chapter: Chapter
  readonly title: string
  readonly groups: readonly ResultGroup[]
}

/** `at least 0.27`, `0.1 to 0.2`. */
export function askedText({ atLeast, atMost }: Target): string {
  if (atLeast !== undefined && atMost !== undefined) return atLeast === atMost ? String(atLeast) : `${atLeast} to ${atMost}`
  return atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
}

/** What is asked of a run with these options. */
export const targetsFor = (targets: readonly Target[], options: Readonly<Record<string, OptionValue | undefined>>): Target[] =>
  targets.filter(({ when = {} }) =>
    Object.entries(when).every(([name, value]) => options[name] !== undefined && showValue(options[name]) === showValue(value!)),
  )

/** Whether a figure is what is asked for. */
export const reaches = (value: number | string | null | undefined, { atLeast = -Infinity, atMost = Infinity }: Target): boolean =>
  typeof value === 'number' && value >= atLeast && value <= atMost

/** A number in few digits: whole ones as they are, others with four significant ones. */
export const figureText = (value: number | string | null): string =>
  typeof value !== 'number' || Number.isInteger(value) ? String(value ?? '') : String(Number(value.toPrecision(4)))

/** The figures of a run. */
export function groupOf(record: ResultRecord, targets: readonly Target[] = []): ResultGroup {
  const rows = targetsFor(targets, record.options).map((target) => {
    const here = record.summary[target.metric] ?? null
    return { figure: target.metric, here, asked: askedText(target), reached: reaches(here, target), source: target.source }
  })
  const named = new Set(rows.map(({ figure }) => figure))
  return { record, rows, others: Object.entries(record.summary).filter(([name]) => !named.has(name) && name !== 'seconds') }
}

/** All recorded runs by chapter and lab; runs of labs that there are no more are left out. */
export function resultChapters(records: readonly ResultRecord[], labs: readonly Lab[]): ResultChapter[] {
  return Object.entries(chapters)
    .map(([chapter, title]) => ({
      chapter: chapter as Chapter,
      title,
      groups: labs
        .filter((lab) => lab.chapter === chapter)
        .flatMap((lab) =>
          records
            .filter((record) => record.lab === lab.id)
            .sort((a, b) => a.command.localeCompare(b.command) || a.date.localeCompare(b.date))
            .map((record) => groupOf(record, lab.targets)),
        ),
    }))
    .filter(({ groups }) => groups.length > 0)
}

const head = `# Results of the labs

What the labs reach, beside the figures of the notes and assignments they come from. \`nabla lab run LAB --record\` adds a run to
\`results.json\` and writes this page from it; the command in a row repeats it.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

/** \`RESULTS.md\`: a table a chapter. */
export function resultsMarkdown(records: readonly ResultRecord[], labs: readonly Lab[]): string {
  const tables = resultChapters(records, labs).map(({ title, groups }) => {
    const headings = ['lab', 'figure', 'here', 'asked for', 'reached', 'by', 'seconds', 'on', 'repeat with']
    const rows = groups.flatMap(({ record, rows, others }) => {
      const { cpu, cores } = record.machine
      const on = `${record.date.slice(0, 10)}, ${cpu}, ${cores} cores, ${record.device}, ${record.commit ?? 'unknown commit'}`
      const ends = [Math.round(record.seconds).toString(), on, `\`${record.command}\``]
      const figures = rows.map(({ figure, here, asked, reached, source }) => [
        record.lab,
        figure,
        figureText(here),
        asked,
        reached ? 'yes' : 'no',
        source,
        ...ends,
      ])
      const more = others.map(([name, value]) => `${name} ${figureText(value)}`).join('; ')
      return more || !figures.length ? [...figures, [record.lab, 'besides', more, '', '', '', ...ends]] : figures
    })
    return `\n## ${title}\n\n${line(headings)}\n${line(headings.map(() => '---'))}\n${rows.map((row) => `${line(row)}\n`).join('')}`
  })
  return `${head}${tables.length ? tables.join('') : '\nNothing is recorded yet.\n'}`
}
