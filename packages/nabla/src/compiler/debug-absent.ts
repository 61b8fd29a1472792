/** Stands for `debug.ts` where there is no environment to ask for it: a page does not load what it cannot use. */
import type { debug as present } from './debug.js'

const silent = (): void => {}

export const debug: typeof present = { times: false, plans: false, graph: silent, groups: silent, loops: silent, timings: silent }
