/**
 * Tests run on the sources: `nabla` and the other packages are aliased to them, so nothing has to be built first. Those in a browser use
 * what is built, and come one at a time when all others are over: they count frames.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages/', import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: `${packages}nabla/src/index.ts` },
      { find: /^nabla\/(\w+)$/, replacement: `${packages}nabla/src/$1/index.ts` },
      { find: /^@nabla\/labs\/(.+)$/, replacement: `${packages}labs/src/$1/index.ts` },
      { find: /^@nabla\/(\w+)$/, replacement: `${packages}$1/src/index.ts` },
    ],
  },
  test: {
    testTimeout: 120_000,
    // One worker a core: by default one less, which on two cores is half the machine.
    maxWorkers: availableParallelism(),
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'node', include: ['packages/*/src/**/*.test.ts', 'tests/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'browser', include: ['tests/browser/*.test.ts'], fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
