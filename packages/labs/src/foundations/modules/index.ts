/** The lab `modules`: what the notes' days 8 to 10 do with blocks, parameters, layers, files and devices, as a table of checks. */
import type { Lab } from '../../lab.js'
import type { Check } from './checks.js'
import { topics } from './days.js'
import { notes } from './notes.js'

export const modules: Lab = {
  id: 'modules',
  title: 'Modules: blocks, parameters, layers, files, devices',
  chapter: 'foundations',
  notes,
  options: {},
  presets: { smoke: {}, quick: {}, full: {} },
  targets: [{ metric: 'failed', atMost: 0, source: 'notes 004, days 8 to 10' }],

  async run({ signal, doing, log, plot, table }) {
    const checks: Check[] = []
    for (const [i, topic] of topics.entries()) {
      doing('checks', i, topics.length)
      if (signal.aborted) break
      checks.push(...(await topic()))
    }
    await table('checks', {
      columns: ['day', 'topic', 'code', 'found', 'right'],
      rows: checks.map(({ day, topic, code, found, right }) => [day, topic, code, found, right ? 'yes' : 'no']),
    })
    const failed = checks.filter(({ right }) => !right)
    for (const { topic, code, found } of failed) log(`${topic}: ${code} gave ${found}`)
    const labels = [...new Set(checks.map(({ topic }) => topic))]
    const count = (name: string, right: boolean): number =>
      checks.filter((check) => check.topic === name && check.right === right).length
    if (labels.length > 0)
      await plot('checks', {
        kind: 'bars',
        title: 'Checks by topic',
        y: 'checks',
        labels,
        series: [
          { name: 'as in the notes', values: labels.map((name) => count(name, true)) },
          { name: 'not', values: labels.map((name) => count(name, false)) },
        ],
      })
    return { stopped: signal.aborted, summary: { checks: checks.length, failed: failed.length } }
  },
}
