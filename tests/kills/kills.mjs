/**
 * Kills a training run at random moments, again and again, and compares what it ends with: `node tests/kills/kills.mjs [KILLS] [DEVICE] [SEED]`.
 *
 * After each kill the folder must open, with the last checkpoint that was ever complete or a later one. In the end the weights, the whole
 * checkpoint, the best weights and the metrics must be those of a run that was never killed, byte for byte.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./run.mjs', import.meta.url))

/** Runs to the end, or until it is killed so many milliseconds `after` its process was started (`spawn`) or it has begun to train (`train`). */
function runOnce(folder, steps, device, after) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, String(steps), device], { stdio: ['ignore', 'pipe', 'pipe'] })
    const seen = { started: undefined, saved: -1, done: false, milliseconds: 0 }
    let since = 0
    let [text, errors] = ['', '']
    const timers = []
    const kill = () => child.kill('SIGKILL')
    if (after?.spawn !== undefined) timers.push(setTimeout(kill, after.spawn))
    child.stderr.on('data', (part) => (errors += part))
    child.stdout.on('data', (part) => {
      text += part
      const lines = text.split('\n')
      text = lines.pop()
      for (const line of lines) {
        const [word, step] = line.split(' ')
        if (word === 'start') {
          seen.started = Number(step)
          since = performance.now()
          if (after?.train !== undefined) timers.push(setTimeout(kill, after.train))
        } else if (word === 'saved') seen.saved = Number(step)
        else if (word === 'done') {
          seen.done = true
          seen.milliseconds = performance.now() - since
        }
      }
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      timers.forEach(clearTimeout)
      if (signal === 'SIGKILL' || (code === 0 && seen.done)) resolve(seen)
      else reject(new Error(`the run ended with ${code ?? signal}:\n${errors}`))
    })
  })
}

/** What a folder holds in the end: digests of its files; metrics without their times. */
function result(folder) {
  const digest = (data) => createHash('sha256').update(data).digest('hex')
  const metrics = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').replaceAll(/"seconds":[^,}]*/g, '')
  const files = ['model.safetensors', 'best.safetensors', 'checkpoint.safetensors']
  return {
    ...Object.fromEntries(files.map((name) => [name, digest(readFileSync(join(folder, name)))])),
    'metrics.jsonl': digest(metrics),
    files: readdirSync(folder).sort().join(' '),
  }
}

/** Uniform numbers in 0..1 from a seed (mulberry32), so that a failure can be repeated. */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The figures of `kills` kills; throws an Error at the first thing that is not as it must be. */
export async function killAndCompare({ kills, device = 'js', seed = 1, say = () => {} }) {
  const home = mkdtempSync(join(tmpdir(), 'nabla-kills-'))
  const next = random(seed)
  const steps = 30 * kills
  try {
    const begun = performance.now()
    const alone = await runOnce(join(home, 'whole'), steps, device)
    const folder = join(home, 'killed')
    let [kept, done, training] = [-1, 0, 0]
    while (done < kills) {
      // Mostly while it trains; now and then while it starts, opens its folder and loads.
      const after = next() < 0.2 ? { spawn: 1000 * next() } : { train: next() * ((2 * alone.milliseconds) / kills + 450) }
      const seen = await runOnce(folder, steps, device, after)
      if (seen.started !== undefined && seen.started < kept)
        throw new Error(`after kill ${done} the run went on from step ${seen.started}, though step ${kept} had been saved`)
      kept = Math.max(kept, seen.saved, seen.started ?? -1)
      if (seen.done) break
      done++
      if (seen.started !== undefined) training++
      say(
        `kill ${done}: ${seen.started === undefined ? 'before it had begun' : `went on from step ${seen.started}`}, saved up to ${kept} of ${steps}`,
      )
    }
    await runOnce(folder, steps, device)
    const [expected, found] = [result(join(home, 'whole')), result(folder)]
    for (const name of Object.keys(expected))
      if (expected[name] !== found[name])
        throw new Error(`${name} differs: ${found[name]} after ${done} kills, ${expected[name]} without (seed ${seed})`)
    return { kills: done, training, steps, seconds: (performance.now() - begun) / 1000, ...found }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kills = '50', device = 'js', seed = '1'] = process.argv.slice(2)
  const { training, ...found } = await killAndCompare({ kills: Number(kills), device, seed: Number(seed), say: console.log })
  console.log(`${found.kills} kills, ${training} of them while it trained; ${found.steps} steps; all equal:`)
  for (const [name, digest] of Object.entries(found)) console.log(`  ${name.padEnd(24)} ${digest}`)
}
