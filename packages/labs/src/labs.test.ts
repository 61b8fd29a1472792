/** What holds of every lab as it stands; `smoke.slow.test.ts` has what holds of every run. */
import { describe, expect, test } from 'vitest'
import { chapters, findLab, type Lab, labs } from './index.js'
import { resolveOptions } from './options.js'

test('names are unique, and an unknown one is answered with the nearest', () => {
  expect(new Set(labs.map((lab) => lab.id)).size).toBe(labs.length)
  for (const lab of labs) expect(findLab(lab.id)).toBe(lab)
  expect(() => findLab('lenet5')).toThrowError(/unknown lab "lenet5"; did you mean "lenet"\?/)
})

/** The headings of Markdown by their levels, leaving out code. */
const levels = (notes: string): number[] =>
  [...notes.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^(#+) /gm)].map(([, marks]) => marks!.length)
const formulas = (notes: string): number => (notes.match(/\$\$/g) ?? []).length / 2

describe.each(labs.map((lab): [string, Lab] => [lab.id, lab]))('%s', (_, lab) => {
  test('has notes in both languages with the same headings and formulas', () => {
    const { en, zh } = lab.notes
    expect(en.length).toBeGreaterThan(500)
    expect(zh.length).toBeGreaterThan(200)
    expect(zh).toMatch(/\p{Script=Han}{10}/u)
    expect(levels(zh)).toEqual(levels(en))
    expect(levels(en)[0]).toBe(1)
    expect(formulas(zh)).toBe(formulas(en))
    for (const notes of [en, zh]) expect((notes.replace(/`[^`]*`/g, '').match(/\$/g) ?? []).length % 2).toBe(0)
  })

  test('has a chapter, presets that fit its options, help for each, and targets with a bound', () => {
    expect(Object.keys(chapters)).toContain(lab.chapter)
    expect(lab.id).toMatch(/^[a-z][a-z0-9-]*$/)
    for (const preset of Object.values(lab.presets)) resolveOptions(lab.options, preset)
    for (const [name, spec] of Object.entries(lab.options)) {
      expect(spec.help, name).not.toBe('')
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      if (spec.kind !== 'number' || spec.default !== undefined) resolveOptions({ [name]: spec }, { [name]: spec.default! })
    }
    for (const target of lab.targets ?? []) {
      expect(target.atLeast ?? target.atMost, target.metric).toBeTypeOf('number')
      expect(target.source).not.toBe('')
      resolveOptions(lab.options, target.when ?? {})
    }
  })
})
