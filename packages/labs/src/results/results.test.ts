import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { labs } from '../index.js'
import type { Lab, Target } from '../lab.js'
import { addResult, parseResults, type ResultRecord, resultsText } from './record.js'
import { askedText, reaches, resultChapters, resultsMarkdown, targetsFor } from './table.js'

const record = (changes: Partial<ResultRecord> = {}): ResultRecord => ({
  lab: 'a',
  preset: 'quick',
  options: { net: 'deep', epochs: 3, seed: 0 },
  device: 'native',
  command: 'npx nabla lab run a --preset quick',
  date: '2026-01-02T03:04:05.678Z',
  machine: { cpu: 'Some CPU', cores: 2 },
  commit: 'abcdef0123',
  seconds: 41.5,
  summary: { accuracy: 0.28123, k: 10, best: 'x|y', none: null, seconds: 40 },
  ...changes,
})
const lab = (id: string, targets: readonly Target[] = []): Lab =>
  ({ id, chapter: 'cs231n', title: id, targets }) as unknown as Lab

test('a record takes the place of one of the same command and machine, no other', () => {
  const [first, again] = [record(), record({ seconds: 1 })]
  const other = record({ machine: { cpu: 'Another', cores: 8 } })
  expect(addResult(addResult([first], other), again)).toEqual([other, again])
})

test('a results file is read back; what is none is named', () => {
  expect(parseResults(resultsText([record()]), 'r.json')).toEqual([record()])
  for (const bad of ['', '{}', '[{"lab":"a"}]', '[null]'])
    expect(() => parseResults(bad, 'r.json')).toThrowError(/r\.json is damaged: expected a JSON array/)
})

test('targets: at least, at most, between, exactly', () => {
  const of = (bounds: Partial<Target>): Target => ({ metric: 'm', source: 's', ...bounds })
  expect([{ atLeast: 0.5 }, { atMost: 2 }, { atLeast: 1, atMost: 2 }, { atLeast: 1, atMost: 1 }].map(of).map(askedText)).toEqual([
    'at least 0.5',
    'at most 2',
    '1 to 2',
    '1',
  ])
  expect([0.5, 0.49, null, Number.NaN, 'x', undefined].map((value) => reaches(value, of({ atLeast: 0.5 })))).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

test('a target with conditions is asked of the runs that meet them', () => {
  const asked = (when: Target['when']): boolean =>
    targetsFor([{ metric: 'accuracy', atLeast: 0.3, source: 's', ...(when && { when }) }], record().options).length === 1
  expect([undefined, {}, { net: 'deep' }, { net: 'deep', epochs: 3 }].map(asked)).toEqual([true, true, true, true])
  expect([{ net: 'flat' }, { net: 'deep', epochs: 4 }, { width: 1 }].map(asked)).toEqual([false, false, false])
})

test('the page: a row for each figure that is asked for, one for all others, the command in each', () => {
  const known = [lab('b'), lab('a', [{ metric: 'accuracy', atLeast: 0.27, source: 'CS231n' }])]
  const page = resultsMarkdown([record(), record({ lab: 'gone' }), record({ lab: 'b', summary: {}, commit: null })], known)
  expect(page.slice(page.indexOf('## '))).toMatchInlineSnapshot(`
    "## CS231n, from scratch

    | lab | figure | here | asked for | reached | by | seconds | on | repeat with |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | b | besides |  |  |  |  | 42 | 2026-01-02, Some CPU, 2 cores, native, unknown commit | \`npx nabla lab run a --preset quick\` |
    | a | accuracy | 0.2812 | at least 0.27 | yes | CS231n | 42 | 2026-01-02, Some CPU, 2 cores, native, abcdef0123 | \`npx nabla lab run a --preset quick\` |
    | a | besides | k 10; best x\\|y; none  |  |  |  | 42 | 2026-01-02, Some CPU, 2 cores, native, abcdef0123 | \`npx nabla lab run a --preset quick\` |
    "
  `)
  expect(resultChapters([], known)).toEqual([])
  expect(resultsMarkdown([], known)).toContain('Nothing is recorded yet.')
})

test('RESULTS.md says what results.json holds ("nabla lab results" writes it anew)', () => {
  const read = (name: string): string => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8')
  const records = parseResults(read('results.json'), 'results.json')
  expect(read('RESULTS.md')).toBe(resultsMarkdown(records, labs))
  expect(records.map((one) => one.lab).filter((id) => !labs.some((known) => known.id === id))).toEqual([])
})
