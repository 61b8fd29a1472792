/** What the tests of both formats share: every group on every device that is here. */
import { describeDevices, setDefaultDevice } from 'nabla'
import { describe, expect, test } from 'vitest'
import { type Case, labelOf } from './case.js'
import { runCases } from './run.js'

/**
 * One test for each group and device; `filter` (a regular expression over `group/name`) leaves out cases. On the devices that `names` has, or the
 * one that `NABLA_DEVICE` names.
 */
export function testCases(title: string, cases: readonly Case[], filter: string | undefined, names?: readonly string[]): void {
  const chosen = filter ? cases.filter((one) => new RegExp(filter).test(labelOf(one))) : cases
  const groups = new Map<string, Case[]>()
  for (const one of chosen) groups.set(one.group, [...(groups.get(one.group) ?? []), one])
  const wanted = process.env['NABLA_DEVICE']
  const devices = describeDevices().filter(
    ({ name, available }) => available && (!wanted || wanted === 'auto' ? (names?.includes(name) ?? true) : wanted === name),
  )
  for (const { name: device } of devices)
    describe(`${title} on ${device}`, () => {
      for (const [group, members] of groups)
        test(`${group}: ${members.length} cases`, async () => {
          setDefaultDevice(device)
          const outcomes = await runCases(members)
          const failures = outcomes.flatMap((one) =>
            one.failure ? [`${labelOf(one.case)} (${one.case.call}): ${one.failure}`] : [],
          )
          expect(failures, `${failures.length} of ${members.length} failed`).toEqual([])
        })
    })
}
