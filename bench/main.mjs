/** `npm run bench`: Nabla beside its peers, and what else was promised about time and memory. `--help` lists the options. */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { blocked } from './blocked.mjs'
import { loading } from './loading.mjs'
import { memory } from './memory.mjs'
import { peers } from './peers.mjs'
import { compare, rows } from './run.mjs'
import { startup } from './startup.mjs'
import { header, line, reached } from './table.mjs'
import { goals, workloads } from './workloads.mjs'

const kinds = [...new Set(workloads.map(({ kind }) => kind))]
const ofKind = (wanted) => workloads.filter(({ kind }) => kind === wanted).map(({ name }) => name)

/** The names of the workloads by their kinds, a few a line. */
const listed = kinds
  .flatMap((kind) =>
    ofKind(kind).map((name, i) => (i === 0 ? `${`\n  ${kind}`.padEnd(20)}${name}` : `,${i % 6 ? ' ' : '\n'.padEnd(20)}${name}`)),
  )
  .join('')

const help = `npm run bench -- [options] [workloads]

Compares training steps, products and operators with other libraries, each in a process of its own, one after the other, round by
round. Workloads (default: all), each by its name or all of a kind:
${listed}

  --only A,B       the same as naming them
  --peers A,B      peers: ${Object.keys(peers).slice(1).join(', ')}; "none" measures Nabla alone
  --rounds N       blocks each process measures (default 5)
  --seconds S      length of a block (default 0.5)
  --quick          2 rounds of 0.2 seconds, and peers that need more than 15 seconds are left
  --limit S        seconds a peer may take to warm up (default 60)
  --threads N      threads for Nabla, PyTorch, OpenBLAS and the peak (default: all cores)
  --device A,B     Nabla's devices (default: its own choice); the native one is a peer of the others, too
  --python FILE    the Python that may have PyTorch (default: $PYTHON, else /usr/bin/python3)
  --json FILE      writes the rows
  --check          fails when a goal is missed

Measures Nabla alone:
  --startup        the first LeNet step ever, compilation included, and a second process's; compiling ResNet-18's
  --memory         resident memory over 20,000 steps (--steps N for another number)
  --blocked        the longest time that \`nabla train\` holds up the event loop
  --loading        images a second from a loader with workers, and what epochs' boundaries cost`

const options = {
  only: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  limit: { type: 'string' },
  threads: { type: 'string' },
  device: { type: 'string' },
  python: { type: 'string' },
  json: { type: 'string' },
  steps: { type: 'string' },
  quick: { type: 'boolean' },
  check: { type: 'boolean' },
  startup: { type: 'boolean' },
  memory: { type: 'boolean' },
  blocked: { type: 'boolean' },
  loading: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
}

function fail(message) {
  console.error(message)
  process.exit(2)
}

function parse() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const named = [...positionals, values.only].filter((text) => text !== undefined)
    return named.length ? { ...values, only: named.join(',') } : values
  } catch (error) {
    return fail(`${error.message}\n\n${help}`)
  }
}

/** A list given on the command line, each name checked. */
function chosen(text, known, what) {
  if (text === undefined) return known
  const names = text.split(',').filter(Boolean)
  const unknown = names.find((name) => !known.includes(name))
  return unknown ? fail(`there is no ${what} "${unknown}"; there are ${known.join(', ')}`) : names
}

function positive(text, name, fallback) {
  const value = Number(text ?? fallback)
  return value > 0 ? value : fail(`--${name} wants a number above 0, not "${text}"`)
}

/** How much of the machine is at work while the bench waits, from 0 to 1. */
async function othersShare() {
  const total = () =>
    cpus().reduce(([idle, all], { times }) => [idle + times.idle, all + Object.values(times).reduce((a, b) => a + b)], [0, 0])
  const [idle, all] = total()
  await sleep(1000)
  const [idleThen, allThen] = total()
  return 1 - (idleThen - idle) / Math.max(1, allThen - all)
}

async function comparison(given, settings) {
  const names = chosen(given.only, [...kinds, ...workloads.map(({ name }) => name)], 'workload')
  const known = Object.keys(peers).slice(1)
  const worthIt = settings.devices.some((device) => device !== undefined && device !== 'native')
  const usual = known.filter((name) => name !== 'native' || worthIt)
  const others = given.peers === 'none' ? [] : given.peers === undefined ? usual : chosen(given.peers, known, 'peer')
  const busy = await othersShare()
  if (busy > 0.1) console.log(`Other work keeps ${Math.round(busy * 100)}% of this machine busy: these ratios will be off.`)
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${settings.threads} threads, ${settings.rounds} rounds, medians; speedup = its ms / ms\n`,
  )
  console.log(header())
  const all = []
  for (const workload of workloads.filter(({ name, kind }) => names.includes(name) || names.includes(kind))) {
    const found = rows(workload, await compare(workload, others, settings), goals)
    let said
    for (const row of found) {
      console.log(line(row))
      if (row.note && row.note !== said) console.log(`  ${(said = row.note)}`)
    }
    all.push(...found)
  }
  const missed = all.filter((row) => reached(row) === false).length
  if (missed) console.log(`\n${missed} ${missed === 1 ? 'goal' : 'goals'} missed`)
  return { found: all, missed }
}

async function alone(given, settings) {
  const found = []
  if (given.startup) found.push(...(await startup(settings)))
  if (given.memory) found.push(...(await memory({ ...settings, steps: positive(given.steps, 'steps', 20_000) })))
  if (given.blocked) found.push(...(await blocked(settings)))
  if (given.loading) found.push(...(await loading(settings)))
  for (const { what, value, unit, goal, note } of found)
    console.log(
      `${what.padEnd(44)} ${value === null ? '-'.padStart(8) : value.toFixed(2).padStart(8)} ${unit.padEnd(3)} goal ${goal} ${unit}${note ? `  ${note}` : ''}`,
    )
  return { found, missed: found.filter(({ value, goal }) => value === null || value > goal).length }
}

const given = parse()
if (given.help) {
  console.log(help)
} else {
  const settings = {
    rounds: positive(given.rounds, 'rounds', given.quick ? 2 : 5),
    seconds: positive(given.seconds, 'seconds', given.quick ? 0.2 : 0.5),
    limit: positive(given.limit, 'limit', given.quick ? 15 : 60),
    threads: positive(given.threads, 'threads', availableParallelism()),
    device: given.device?.split(',')[0],
    devices: given.device?.split(',') ?? [undefined],
    python: given.python ?? process.env.PYTHON ?? '/usr/bin/python3',
  }
  const measure = given.startup || given.memory || given.blocked || given.loading ? alone : comparison
  const { found, missed } = await measure(given, settings)
  if (given.json) writeFileSync(given.json, `${JSON.stringify(found, null, 2)}\n`)
  if (given.check && missed) process.exitCode = 1
}
