/**
 * The comparison. For each workload the peers' processes are started one after the other; then, round by round, each measures a
 * short block while the others rest, and so does the machine's peak: noise hits all alike. Medians of the rounds count.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.mjs'
import { flops } from './flops.mjs'
import { installNpmPeers, peakCommand, peers } from './peers.mjs'
import { median } from './worker.mjs'

/** A peer whose first step takes this many milliseconds is not asked for another: that step is its measurement. */
const oneStepIsEnough = 20_000
/** Above this, one block instead of one a round. */
const oneBlockIsEnough = 2000
/** Nabla's first run of a workload compiles its kernels, which no other run does: it may take this many seconds more. */
const compilingMayTake = 300
/** Thread pools that spin after work are given this long to fall asleep. */
const restMs = 60

/**
 * Measures one workload. Returns a contender for each of Nabla's devices and each peer, `{ peer, name, device, ms }` or
 * `{ peer, unavailable }`, and the peak in GFLOP/s (undefined where there is no C compiler).
 */
export async function compare(workload, chosen, options) {
  const { seconds, limit, devices } = options
  const rounds = Math.min(options.rounds, workload.rounds ?? Infinity)
  const contenders = []
  const running = []
  try {
    for (const [peer, device] of [...devices.map((name) => ['nabla', name]), ...chosen.map((name) => [name])]) {
      const { contender, child } = await start(peer, workload, { ...options, device })
      contenders.push(contender)
      if (child) running.push({ contender, child, samples: [] })
    }
    const peak = await startPeak(options)
    if (peak.child) running.push(peak)
    for (let round = 0; round < rounds; round++)
      for (const entry of running) {
        if (entry.contender.unavailable || (round > 0 && entry.contender.ms > oneBlockIsEnough)) continue
        await sleep(restMs)
        const { unavailable, ms, gflops } = await entry.child.measure(seconds, limit)
        if (unavailable) entry.contender.unavailable = unavailable
        else entry.samples.push(ms ?? gflops)
        if (ms) entry.contender.ms = median(entry.samples)
      }
    return { contenders, peak: peak.samples.length ? median(peak.samples) : undefined }
  } finally {
    for (const { child } of running) child.stop()
  }
}

async function start(peer, workload, options) {
  const { kinds, pointless, npm, command, compiles } = peers[peer]
  if (kinds && !kinds.includes(workload.kind))
    return { contender: { peer, unavailable: `this bench has no ${workload.kind} workloads for it`, pointless } }
  const missing = npm && installNpmPeers([peer])
  if (missing) return { contender: { peer, unavailable: missing } }
  let child
  try {
    child = new Child(command(workload, options))
  } catch (error) {
    return { contender: { peer, unavailable: error.message } }
  }
  const hello = await child.answer(options.limit + (compiles ? compilingMayTake : 0))
  const { unavailable, name, device, first, ms } = hello
  if (!unavailable && first < oneStepIsEnough) return { contender: { peer, name, device, ms }, child }
  child.stop()
  if (!unavailable) return { contender: { peer, name, device, ms: first } }
  const late = unavailable.startsWith('no answer') ? `a step takes more than ${options.limit} s` : unavailable
  return { contender: { peer, unavailable: late } }
}

async function startPeak({ threads, limit }) {
  const entry = { contender: { peer: 'peak' }, samples: [] }
  try {
    entry.child = new Child(peakCommand(threads))
    const { unavailable } = await entry.child.answer(limit)
    if (unavailable) entry.contender.unavailable = unavailable
  } catch (error) {
    entry.contender.unavailable = error.message
  }
  return entry
}

/** One row for each device and each peer. What could not be measured is null, and `note` says why. */
export function rows(workload, { contenders, peak }, goals) {
  const asked = contenders.filter(({ peer, pointless }) => peer !== 'nabla' && !pointless)
  return contenders.filter(({ peer }) => peer === 'nabla').flatMap((nabla) => rowsOf(workload, nabla, asked, peak, goals))
}

function rowsOf(workload, nabla, asked, peak, goals) {
  const arithmetic = flops(workload)
  const rate = (ms) => (ms && arithmetic ? arithmetic / ms / 1e6 : null)
  const row = (other) => {
    const note = other?.unavailable ?? (nabla.unavailable && `nabla: ${nabla.unavailable}`)
    const [ms, peerMs] = [nabla, other].map((one) => (one && !one.unavailable ? one.ms : null))
    return {
      workload: workload.name,
      device: nabla.device ?? null,
      peer: other?.peer ?? null,
      peer_name: other?.name ?? null,
      ms,
      peer_ms: peerMs,
      speedup: ms && peerMs ? peerMs / ms : null,
      goal: goals[nabla.device]?.[workload.name]?.[other?.peer] ?? null,
      gflops: rate(ms),
      peer_gflops: rate(peerMs),
      peak_gflops: peak ?? null,
      share_of_peak: rate(ms) && peak ? rate(ms) / peak : null,
      ...(note && { note }),
    }
  }
  const others = asked.filter(({ peer }) => peer !== nabla.device)
  return others.length ? others.map(row) : [row(undefined)]
}
