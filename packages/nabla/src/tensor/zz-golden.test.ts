import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as nabla from '../index.js'
import { tensor, Tensor, setDefaultDevice, cat, stack, einsum, meshgrid } from '../index.js'
import * as nn from '../nn/index.js'
import { decode } from './values.js'
const F: any = nn.functional
const G = process.env.GOLDEN!
setDefaultDevice(process.env.NDEV ?? 'js')
const manifest = JSON.parse(readFileSync(G + '/manifest.json', 'utf8'))
const DT: any = { F32: 'float32', F64: 'float64', I64: 'int32', I32: 'int32', U8: 'uint8', BOOL: 'bool', F16: 'float16' }
function load(file: string) {
  const buf = readFileSync(G + '/' + file)
  const n = Number(buf.readBigUInt64LE(0))
  const h = JSON.parse(buf.subarray(8, 8 + n).toString())
  return (key: string) => {
    const e = h[key]; if (!e) throw new Error('no ' + key)
    const bytes = buf.subarray(8 + n + e.data_offsets[0], 8 + n + e.data_offsets[1])
    const ab = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    let data: any = e.dtype === 'F32' ? new Float32Array(ab) : e.dtype === 'F64' ? new Float64Array(ab) : e.dtype === 'I64' ? Int32Array.from(new BigInt64Array(ab), Number) : e.dtype === 'I32' ? new Int32Array(ab) : e.dtype === 'F16' ? decode(new Uint16Array(ab), 'float16') : new Uint8Array(ab)
    return { data, shape: e.shape, dtype: DT[e.dtype] }
  }
}
const camel = (s: string) => s.replace(/_+([a-z0-9])/g, (_, c) => c.toUpperCase())
const fix = (v: any): any => v === 'inf' ? Infinity : v === '-inf' ? -Infinity : v === null ? null : Array.isArray(v) ? v.map(fix) : v
const camelKeys = (kw: any) => Object.fromEntries(Object.entries(kw).map(([k, v]) => [camel(k), fix(v)]))
const keep = (kw: any) => { const { dim, ...r } = camelKeys(kw) as any; return [dim, r] }
type A = (i: Tensor[], kw: any) => any
const red = (name: string): A => ([x], kw) => (x as any)[name](...keep(kw))
const A: Record<string, A> = {
  ...Object.fromEntries(['sum', 'mean', 'prod', 'var', 'std', 'max', 'min', 'amax', 'amin', 'argmax', 'argmin', 'any', 'all', 'logsumexp'].map((n) => ['torch.' + n, red(n)])),
  'torch.sum': ([x], { dtype, ...kw }) => (dtype ? x!.type(dtype) : x!).sum(...keep(kw) as [any, any]),
  'torch.mean': ([x], { dtype, ...kw }) => (dtype ? x!.type(dtype) : x!).mean(...keep(kw) as [any, any]),
  'torch.norm': ([x], { p, dim, ...kw }) => x!.norm(p === 'fro' ? 2 : fix(p), dim, camelKeys(kw)),
  'torch.cumsum': ([x], { dim }) => x!.cumsum(dim), 'torch.cumprod': ([x], { dim }) => x!.cumprod(dim),
  'torch.matmul': ([x, y]) => x!.matmul(y!), 'torch.mm': ([x, y]) => x!.matmul(y!), 'torch.mv': ([x, y]) => x!.matmul(y!), 'torch.bmm': ([x, y]) => x!.matmul(y!), 'torch.dot': ([x, y]) => x!.dot(y!),
  'torch.outer': ([x, y]) => nabla.outer(x!, y!),
  'torch.einsum': (ins, { equation }) => einsum(equation, ...ins),
  'torch.sort': ([x], { dim = -1, descending = false }) => x!.sort(dim, { descending }),
  'torch.argsort': ([x], { dim = -1, descending = false }) => x!.argsort(dim, { descending }),
  'torch.topk': ([x], { k, dim = -1, largest = true }) => x!.topk(k, dim, { largest }),
  'torch.gather': ([x, i], { dim }) => x!.gather(dim, i!), 'torch.scatter_add': ([x, i, s], { dim }) => x!.scatterAdd(dim, i!, s!),
  'torch.index_select': ([x, i], { dim }) => x!.indexSelect(dim, i!),
  'torch.masked_fill': ([x, m, v], { value }) => x!.maskedFill(m!, v ?? fix(value)),
  'torch.Tensor.__getitem__': ([x, ...r], { index }) => { if (r.length) throw new Error('unsupported'); return x!.at(...index.map((i: any) => i === null ? 'newaxis' : typeof i === 'number' ? i : i.ellipsis ? '...' : [i.slice[0], i.slice[1], i.slice[2] ?? 1])) },
  'torch.reshape': ([x], { shape }) => x!.reshape(shape), 'torch.flatten': ([x], kw) => x!.flatten(kw.start_dim, kw.end_dim), 'torch.Tensor.unflatten': ([x], { dim, sizes }) => x!.unflatten(dim, sizes),
  'torch.squeeze': ([x], { dim }) => x!.squeeze(dim), 'torch.unsqueeze': ([x], { dim }) => x!.unsqueeze(dim), 'torch.permute': ([x], { dims }) => x!.permute(dims), 'torch.transpose': ([x], { dim0, dim1 }) => x!.transpose(dim0, dim1), 'torch.t': ([x]) => x!.t(),
  'torch.Tensor.expand': ([x], { size }) => x!.expand(size), 'torch.broadcast_to': ([x], { size }) => x!.expand(size),
  'torch.cat': (i, { dim }) => cat(i, dim), 'torch.stack': (i, { dim }) => stack(i, dim ?? 0), 'torch.split': ([x], { split_size_or_sections: s, dim }) => x!.split(s, dim), 'torch.chunk': ([x], { chunks, dim }) => x!.chunk(chunks, dim), 'torch.unbind': ([x], { dim }) => x!.unbind(dim), 'torch.narrow': ([x], k) => x!.narrow(k.dim, k.start, k.length), 'torch.select': ([x], k) => x!.select(k.dim, k.index),
  'torch.flip': ([x], k) => x!.flip(k.dims), 'torch.Tensor.repeat': ([x], k) => x!.repeat(k.repeats), 'torch.tril': ([x], k) => x!.tril(k.diagonal), 'torch.triu': ([x], k) => x!.triu(k.diagonal), 'torch.Tensor.unfold': ([x], k) => x!.unfold(k.dimension, k.size, k.step),
  'torch.nn.functional.one_hot': ([x], k) => x!.oneHot(k.num_classes), 'torch.arange': (_, k) => nabla.arange(k.start, k.end, k.step), 'torch.linspace': (_, k) => nabla.linspace(k.start, k.end, k.steps), 'torch.eye': (_, k) => nabla.eye(k.n, k.m), 'torch.meshgrid': (i, k) => meshgrid(i, k.indexing), 'torch.broadcast_tensors': (i) => nabla.broadcastTensors(...i),
  'torch.clamp': ([x, a, c], k) => x!.clamp(a ?? fix(k.min), c ?? fix(k.max)),
  'torch.where': ([c, a, d]) => nabla.where(c!, a!, d!),
  'torch.div': ([x, y], k) => x!.div(y ?? k.other, k.rounding_mode ? { roundingMode: k.rounding_mode } : {}),
  'torch.addcmul': ([x, a, c], k) => x!.addcmul(a!, c!, k.value), 'torch.addcdiv': ([x, a, c], k) => x!.addcdiv(a!, c!, k.value),
  'torch.floor_divide': ([x, y], k) => x!.floorDivide(y ?? k.other),
}
const act: Record<string, (k: any) => any[]> = { elu: (k) => [k.alpha], leakyRelu: (k) => [k.negativeSlope], softplus: (k) => [k.beta, k.threshold], hardtanh: (k) => [k.minVal, k.maxVal], softmax: (k) => [k.dim], logSoftmax: (k) => [k.dim], oneHot: (k) => [k.numClasses] }
function functional(name: string, ins: Tensor[], kw: any): any {
  const c = camel(name).replace('logsigmoid', 'logSigmoid').replace('mseLoss', 'mseLoss')
  if (name === 'logsigmoid') return F.logSigmoid(ins[0])
  const f = F[c] ; if (!f) throw new Error('unsupported')
  const k: any = camelKeys(kw)
  if (c in act) return f(...ins, ...act[c]!(k))
  if (/^conv/.test(c)) return f(ins[0], ins[1], ins[2] ?? null, k)
  if (/^(max|avg)Pool/.test(c)) { if (k.returnIndices) throw new Error('unsupported'); const { kernelSize, ...o } = k; return f(ins[0], kernelSize, o) }
  if (/^adaptive/.test(c)) return f(ins[0], k.outputSize)
  if (c === 'batchNorm') return f(ins[0], ins[1], ins[2], { ...k, weight: ins[3], bias: ins[4] })
  if (c === 'layerNorm') { const { normalizedShape, ...o } = k; return f(ins[0], normalizedShape, { ...o, weight: ins[1] ?? null, bias: ins[2] ?? null }) }
  return f(...ins, k)
}
function check(name: string, got: Tensor, want: any, c: any) {
  expect(got.shape, name + ' shape').toEqual(want.shape)
  const g = got.dataSync()
  let worst = ''
  for (let i = 0; i < want.data.length; i++) {
    const a = g[i]!, e = want.data[i]
    const ok = Number.isNaN(e) ? Number.isNaN(a) : Math.abs(e) === Infinity ? a === e : Math.abs(a - e) <= c.atol + c.rtol * Math.abs(e)
    if (!ok) { worst = `${name}[${i}]: ${a} expected ${e}`; break }
  }
  expect(worst).toBe('')
}
const only = process.env.GGROUPS!.split(',')
const skipped: string[] = []
for (const group of only) {
  const get = load(manifest.groups[group])
  for (const c of manifest.cases.filter((c: any) => c.group === group)) test(`${group} ${c.name}`, async () => {
    const make = (key: string) => { const v = get(key); return tensor(v.data, { shape: v.shape, dtype: v.dtype, requiresGrad: key in c.grads }) }
    const leaves = new Map<string, Tensor>()
    let outs: Tensor[]
    try {
      if (c.expression) throw new Error('unsupported')
      if (c.kind === 'op' || c.kind === 'loss') {
        const ins = c.inputs.map((k: string) => { const t = make(k); leaves.set(k, t); return t })
        const kw = c.kwargs
        if (c.kind === 'loss') { // weight inputs by name
          const byName: any = {}; c.inputs.forEach((k: string, i: number) => byName[camel(k.split('/').pop()!)] = ins[i])
          const { input, target, ...extra } = byName
          const fn = camel(c.call.split('.').pop()!).replace('binaryCrossEntropyWithLogits', 'binaryCrossEntropyWithLogits')
          const f = F[fn]; if (!f || !input) throw new Error('unsupported')
          outs = [f(input, target, { ...camelKeys(kw), ...extra })]
        } else {
          let r: any
          if (A[c.call]) r = A[c.call]!(ins, kw)
          else if (c.call.startsWith('torch.nn.functional.')) r = functional(c.call.split('.').pop()!, ins, kw)
          else {
            const m = (ins[0] as any)?.[camel(c.call.split('.').pop()!)]
            if (!m) throw new Error('unsupported')
            const { other, exponent, ...rest } = kw
            if (Object.keys(rest).length) throw new Error('unsupported')
            r = m.call(ins[0], ...ins.slice(1), ...(other !== undefined ? [fix(other)] : []), ...(exponent !== undefined ? [fix(exponent)] : []))
          }
          outs = r instanceof Tensor ? [r] : Array.isArray(r) ? r : r.values ? [r.values, r.indices].slice(0, c.outputs.length) : [r]
        }
      } else throw new Error('unsupported')
    } catch (e: any) { if (e.message === 'unsupported') { skipped.push(c.call); return } ; throw e }
    c.outputs.forEach((k: string, i: number) => check(k, outs[i]!, get(k), c))
    const ups = Object.entries(c.upstream) as [string, string][]
    ups.forEach(([o, u], n) => { const i = c.outputs.indexOf(o); const v = get(u); outs[i]!.backward(tensor(v.data, { shape: v.shape, dtype: v.dtype }), { retainGraph: n < ups.length - 1 }) })
    for (const [k, g] of Object.entries(c.grads) as [string, string][]) { const w = get(g); const got = leaves.get(k)!.grad ?? nabla.zerosLike(leaves.get(k)!); check(g, got, w, c) }
  })
}
test('skipped', () => console.log('SKIPPED', [...new Set(skipped)].join(' ')))
import * as optim from '../optim/index.js'
import { compile } from '../index.js'
if (only.includes('reduce')) test('n0', () => { const x = tensor([1,0,2],{requiresGrad:true}); const y = x.norm(0); console.log(y.requiresGrad, y.node.op, y.node.tracked, y.node.inputs.map(i=>[i.op,i.tracked])) })
if (process.env.OPT) {
  const get = load(manifest.groups.optim)
  for (const c of manifest.cases.filter((c: any) => c.group === 'optim' && c.steps)) for (const comp of [false, true]) test(`${c.name} ${comp}`, () => {
    const O = (optim as any)[c.call.split('.').pop()]
    if (!O) return
    if (c.clip || c.clip_grad_norm_) console.log(c)
    const T = (k: string) => { const v = get(k); return tensor(v.data, { shape: v.shape, dtype: v.dtype }) }
    const x = T(c.inputs[0]), y = T(c.inputs[1])
    const p: any = Object.fromEntries(Object.entries(c.params).map(([k, v]: any) => [k, T(v).requiresGrad_()]))
    const groups = c.groups ? c.groups.map((g: any) => ({ ...camelKeys(g), params: g.params.map((n: string) => p[n]) })) : Object.values(p)
    const opt = new O(groups, camelKeys(c.kwargs))
    const step0 = (x: Tensor, y: Tensor) => {
      opt.zeroGrad()
      const d = x.matmul(p.w1.t()).add(p.b1).tanh().matmul(p.w2.t()).add(p.b2).sub(y)
      const loss = d.mul(d).mean()
      loss.backward()
      if (c.clip_grad_norm_) nabla.clipGradNorm_(Object.values(p), c.clip_grad_norm_.max_norm)
      opt.step()
      return loss
    }
    const step = comp ? compile(step0) : step0
    const names = c.outputs.map((o: string) => o.split('/').pop())
    for (let i = 0; i < c.steps; i++) {
      const loss = step(x, y)
      for (const [n, key] of names.map((n: string, j: number) => [n, c.outputs[j]])) {
        const w = get(key); const size = w.data.length / c.steps
        check(`${n} step ${i}`, n === 'loss' ? loss : p[n], { data: w.data.slice(i * size, (i + 1) * size), shape: w.shape.slice(1) }, c)
      }
    }
  })
}
if (process.env.LAY) {
  const get = load(manifest.groups.layers)
  for (const c of manifest.cases.filter((c: any) => c.group === 'layers')) test(`layer ${c.name}`, () => {
    const L = (nn as any)[c.call.split('.').pop()]
    if (!L) { skipped.push(c.call); return }
    const k: any = camelKeys(c.kwargs)
    const order = ['inFeatures', 'outFeatures', 'inChannels', 'outChannels', 'kernelSize', 'numFeatures', 'normalizedShape', 'dim', 'p']
    const pos = order.filter((o) => o in k).map((o) => { const v = k[o]; delete k[o]; return v })
    if (k.paddingMode) { skipped.push('paddingMode'); return }
    const m = new L(...pos, ...(Object.keys(k).length ? [k] : []))
    m.loadStateDict(Object.fromEntries(Object.entries(c.params).map(([n, key]: any) => { const v = get(key); return [n, tensor(v.data, v)] })))
    const leaves = new Map<string, Tensor>()
    const outs: Tensor[] = c.modes.map((mode: string, i: number) => {
      m.train(mode === 'train')
      const key = c.inputs.find((s: string) => s.endsWith(c.modes.length > 1 ? `step${i}.input` : '/input'))
      const v = get(key); const x = tensor(v.data, { ...v, requiresGrad: key in c.grads }); leaves.set(key, x)
      return m.forward(x)
    })
    c.outputs.forEach((o: string, i: number) => check(o, outs[i]!, get(o), c))
    const ups = Object.entries(c.upstream) as [string, string][]
    ups.forEach(([o, u]) => { const v = get(u); outs[c.outputs.indexOf(o)]!.backward(tensor(v.data, v)) })
    const params = Object.fromEntries(m.namedParameters())
    for (const [k, g] of Object.entries(c.grads) as [string, string][]) {
      const name = k.split('/').pop()!
      const t = leaves.get(k) ?? params[name] ; check(g, t.grad ?? nabla.zerosLike(t), get(g), c)
    }
    for (const [n, key] of Object.entries(c.state_after ?? {}) as any) check(n, m.stateDict()[camel(n)], get(key), c)
  })
}
