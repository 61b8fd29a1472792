/** Three kernels as the compiler writes them for four lanes, and one of them in C: what a change of the compiler does is seen here. */
import { expect, it } from 'vitest'
import type { Machine } from '../device/device.js'
import type { Node } from '../graph/node.js'
import { forgetExpressions } from '../kernel/expr.js'
import type { Kernel } from '../kernel/loop.js'
import { printKernel } from '../kernel/print.js'
import { builder as b } from '../ops/builder.js'
import { bufferNode } from '../ops/make.js'
import { renderKernel } from '../render/c.js'
import { programOf } from './testing.js'

const machine: Machine = { lanes: 4, registers: 16, threads: 1, l1: 32768, l2: 1 << 20 }
const leaf = (...shape: number[]): Node => bufferNode(shape, 'float32', 'js')

function kernelOf(output: Node): Kernel {
  forgetExpressions() // from here on variables have numbers of five digits, and nothing else has
  const { steps } = programOf([output], machine)
  expect(steps).toHaveLength(1)
  return steps[0]!.kernel
}

/** Loop variables, which carry a running number, by the order in which they appear: `i.0`. */
function printed(kernel: Kernel): string {
  const names = new Map<string, string>()
  return printKernel(kernel).replaceAll(/\b([a-z]+)\d{5,}\b/g, (name, stem: string) => {
    if (!names.has(name)) names.set(name, `${stem}.${names.size}`)
    return names.get(name)!
  })
}

const map = (): Node => b.relu(b.add(leaf(3, 10), leaf(10)))

it('a map: whole blocks of lanes, and what is left of a row', () => {
  expect(printed(kernelOf(map()))).toMatchInlineSnapshot(`
    "kernel relu[3,10]: b0 float32 written, b1 float32, b2 float32; 1 jobs
    for job.0 in 0..1 parallel
      for i.1 in 0..3
        for i.2 in 0..2
          for l.3 in 0..4 vector
            $0 = i.1 * 10 + i.2 * 4 + l.3
            $1 = b1[$0] + b2[i.2 * 4 + l.3]
            b0[$0] = select($1 < 0, 0, $1)
        for t.4 in 0..2
          $2 = i.1 * 10 + t.4 + 8
          $3 = b1[$2] + b2[t.4 + 8]
          b0[$2] = select($3 < 0, 0, $3)"
  `)
})

it('the same map in C', () => {
  expect(renderKernel(kernelOf(map()))).toMatchInlineSnapshot(`
    "void kernel(char *const *b, long from, long to) { // relu[3,10]
      float *buf0 = (float *)b[0];
      const float *buf1 = (const float *)b[1];
      const float *buf2 = (const float *)b[2];
      for (long job_0 = from; job_0 < to; job_0++) {
        for (long i_1 = 0, i_1_end = 3; i_1 < i_1_end; i_1 += 1) {
          for (long i_2 = 0, i_2_end = 2; i_2 < i_2_end; i_2 += 1) {
            {
              const long t0_ = (i_2 * 4);
              const f32x4 t1_ = ((f32x4)*(const f32x4u *)(buf1 + ((i_1 * 10) + t0_)) + (f32x4)*(const f32x4u *)(buf2 + t0_));
              *(f32x4u *)(buf0 + ((i_1 * 10) + t0_)) = nb_select((i32x4)(i32x4)(t1_ < nb_splat_f32x4(0.0f)), nb_splat_f32x4(0.0f), t1_);
            }
          }
          for (long t_3 = 0, t_3_end = 2; t_3 < t_3_end; t_3 += 1) {
            const long t2_ = (((i_1 * 10) + t_3) + 8);
            const float t3_ = (buf1[t2_] + buf2[(t_3 + 8)]);
            buf0[t2_] = ((t3_ < 0.0f) ? 0.0f : t3_);
          }
        }
      }
    }
    "
  `)
})

it('softmax: the maximum, the sum of what is left, and once more over the row', () => {
  const x = leaf(8, 8)
  const e = b.exp(b.sub(x, b.max(x, [1])))
  expect(printed(kernelOf(b.div(e, b.sum(e, [1]))))).toMatchInlineSnapshot(`
    "kernel max+exp+sum+div[8,8]: b0 float32 written, b1 float32; 1 jobs
    for job.0 in 0..1 parallel
      for i.1 in 0..8
        row4 float32[2] x 4 lanes
        r1 float32 = -Infinity
        w1 float32[4] x 4 lanes = -Infinity
        for b.2 in 0..2
          for l.3 in 0..4 vector
            $0 = b1[i.1 * 8 + b.2 * 4 + l.3]
            w1[0] = select(w1[0] < $0 | $0 != $0, $0, w1[0])
        for l.4 in 0..4 vector
          w1[0] = select(w1[0] < w1[2] | w1[2] != w1[2], w1[2], w1[0])
        for l.5 in 0..4 vector
          w1[1] = select(w1[1] < w1[3] | w1[3] != w1[3], w1[3], w1[1])
        for l.6 in 0..4 vector
          w1[0] = select(w1[0] < w1[1] | w1[1] != w1[1], w1[1], w1[0])
        w1s float32
        w1s[0] = max of lanes of w1[0]
        r1[0] = select(r1[0] < w1s[0] | w1s[0] != w1s[0], w1s[0], r1[0])
        r5 float32 = 0
        w5 float32[4] x 4 lanes = 0
        for b.7 in 0..2
          for l.8 in 0..4 vector
            $1 = b1[i.1 * 8 + b.7 * 4 + l.8] - r1[0]
            $2 = select(89 < $1, 89, $1)
            $3 = select($2 < -104, -104, $2)
            $4 = rint($3 * 1.4426950216293335)
            $5 = $3 - $4 * 0.693359375 - $4 * -0.00021219444170128554
            $6 = int32($4) + 0
            $7 = $6 >> 1
            s4 float32 = ($5 * $5 * ((((0.0013845538487657905 * $5 + 0.008369713090360165) * $5 + 0.04166804254055023) * $5 + 0.16666512191295624) * $5 + 0.4999999403953552) + $5 + 1) * bits.float32($7 + 127 << 23) * bits.float32($6 - $7 + 127 << 23)
            row4[b.7] = s4[0]
            w5[0] = w5[0] + s4[0]
        for l.9 in 0..4 vector
          w5[0] = w5[0] + w5[2]
        for l.10 in 0..4 vector
          w5[1] = w5[1] + w5[3]
        for l.11 in 0..4 vector
          w5[0] = w5[0] + w5[1]
        w5s float32
        w5s[0] = add of lanes of w5[0]
        r5[0] = r5[0] + w5s[0]
        for b.12 in 0..2
          for l.13 in 0..4 vector
            b0[i.1 * 8 + b.12 * 4 + l.13] = row4[b.12] / r5[0]"
  `)
})

it('a product with bias: a tile of accumulators, then the epilogue', () => {
  expect(printed(kernelOf(b.add(b.matmul(leaf(8, 8), leaf(8, 8)), leaf(8))))).toMatchInlineSnapshot(`
    "kernel contract+add[8,8]: b0 float32 written, b1 float32, b2 float32, b3 float32; 1 jobs
    for job.0 in 0..1 parallel
      for tile.1 in 0..2
        acc float32[8] x 4 lanes = 0
        for i.2 in 0..8 unroll
          for l.3 in 0..4 vector
            x0 float32 = b2[l.3 + i.2 * 8]
            acc[0] = acc[0] + b1[tile.1 * 32 + i.2] * x0[0]
            x1 float32 = b2[l.3 + i.2 * 8 + 4]
            acc[1] = acc[1] + b1[tile.1 * 32 + i.2] * x1[0]
            acc[2] = acc[2] + b1[tile.1 * 32 + i.2 + 8] * x0[0]
            acc[3] = acc[3] + b1[tile.1 * 32 + i.2 + 8] * x1[0]
            acc[4] = acc[4] + b1[tile.1 * 32 + i.2 + 16] * x0[0]
            acc[5] = acc[5] + b1[tile.1 * 32 + i.2 + 16] * x1[0]
            acc[6] = acc[6] + b1[tile.1 * 32 + i.2 + 24] * x0[0]
            acc[7] = acc[7] + b1[tile.1 * 32 + i.2 + 24] * x1[0]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32] = acc[0] + b3[l.3]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 4] = acc[1] + b3[l.3 + 4]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 8] = acc[2] + b3[l.3]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 12] = acc[3] + b3[l.3 + 4]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 16] = acc[4] + b3[l.3]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 20] = acc[5] + b3[l.3 + 4]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 24] = acc[6] + b3[l.3]
        for l.3 in 0..4 vector
          b0[l.3 + tile.1 * 32 + 28] = acc[7] + b3[l.3 + 4]"
  `)
})
