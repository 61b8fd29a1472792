/** `nabla lab results`: recorded figures as a table for a terminal. */
import { figureText, type ResultChapter } from '@nabla/labs'
import { alignedLines } from '../terminal/table.js'

/** A table a chapter; under each run the command that repeats it. */
export function resultsLines(found: readonly ResultChapter[]): string[] {
  if (!found.length) return ['Nothing is recorded yet: "nabla lab run <id> --record" records a run.']
  return found.flatMap(({ title, groups }) => {
    const blocks = groups.map(({ record, rows, others }) => ({
      record,
      rows: [
        ...rows.map((row) => [row.figure, figureText(row.here), row.asked, row.reached ? 'reached' : 'not reached', row.source]),
        ...others.map(([name, value]) => [name, figureText(value), '', '', '']),
      ],
    }))
    const lines = alignedLines(
      [['figure', 'here', 'asked for', '', 'by'], ...blocks.flatMap(({ rows }) => rows)],
      ['right', 'left', 'right', 'right', 'right'],
    )
    let at = 1
    return [
      title,
      `    ${lines[0]}`,
      ...blocks.flatMap(({ record, rows }) => {
        const { cpu, cores } = record.machine
        const about = `${Math.round(record.seconds)} s, ${record.date.slice(0, 10)}, ${cpu}, ${cores} cores, ${record.device}, ${record.commit ?? 'unknown commit'}`
        const own = lines.slice(at, (at += rows.length))
        return [
          `  ${record.lab} (${record.preset}): ${about}`,
          ...own.map((line) => `    ${line}`),
          `    $ ${record.command}`,
          '',
        ]
      }),
    ]
  })
}
