/** Recorded cases of PyTorch and CS231n, fetched from the server and run in the page. */
import { cs231nCases, fetched, goldenCases, labelOf, runCases } from '@nabla/conformance/cases'
import { setDefaultDevice } from 'nabla'
import { offer } from './offer.js'
import type { Conformance } from './results.js'

offer(async (device: string, filter: string): Promise<Conformance> => {
  setDefaultDevice(device)
  const all = [...(await goldenCases('/golden', fetched)), ...(await cs231nCases('/conformance/cs231n.json', fetched))]
  const cases = all.filter((one) => new RegExp(filter).test(labelOf(one)))
  const failures: string[] = []
  await runCases(cases, {
    onOutcome: ({ case: one, failure }) => {
      if (failure !== undefined) failures.push(`${labelOf(one)} (${one.call}): ${failure}`)
    },
  })
  return { cases: cases.length, failures }
})
