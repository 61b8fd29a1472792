/** The table of the comparison: a row is printed as soon as it is known. */

const number = (value, digits = 3) => {
  if (value === null || value === undefined) return '-'
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))))
  return value.toFixed(Math.min(decimals, 4))
}
const rounded = (value) => (value === null ? '-' : value.toFixed(0))
const percent = (value) => (value === null ? '-' : `${(value * 100).toFixed(0)}%`)

const columns = [
  { title: 'workload', width: -22, of: (row) => row.workload },
  { title: 'device', width: -7, of: (row) => row.device ?? '-' },
  { title: 'ms', width: 8, of: (row) => number(row.ms) },
  { title: 'GFLOP/s', width: 8, of: (row) => rounded(row.gflops) },
  { title: 'peak', width: 6, of: (row) => rounded(row.peak_gflops) },
  { title: 'share', width: 6, of: (row) => percent(row.share_of_peak) },
  { title: 'peer', width: -11, of: (row) => row.peer ?? '-' },
  { title: 'its ms', width: 8, of: (row) => number(row.peer_ms) },
  { title: 'speedup', width: 8, of: (row) => number(row.speedup) },
  { title: 'goal', width: 10, of: (row) => (row.goal === null ? '' : `${row.goal} ${verdict(row)}`) },
]

const cell = (text, width) => (width < 0 ? text.padEnd(-width) : text.padStart(width))

/** Whether a row reaches its goal: undefined where it has none or nothing was measured. */
export const reached = (row) => (row.goal === null || row.speedup === null ? undefined : row.speedup >= row.goal)

const verdict = (row) => ({ true: 'reached', false: 'missed', undefined: '-' })[String(reached(row))]

export const header = () =>
  columns
    .map(({ title, width }) => cell(title, width))
    .join(' ')
    .trimEnd()

export const line = (row) =>
  columns
    .map(({ of, width }) => cell(of(row), width))
    .join(' ')
    .trimEnd()
