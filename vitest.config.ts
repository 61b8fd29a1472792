/** Tests run on the sources: `nabla` and the other packages are aliased to them, so nothing has to be built first. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages/', import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: `${packages}nabla/src/index.ts` },
      { find: /^nabla\/(\w+)$/, replacement: `${packages}nabla/src/$1/index.ts` },
      { find: /^@nabla\/(\w+)$/, replacement: `${packages}$1/src/index.ts` },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
