/**
 * `npm test`: install, build and type-check, format, lint, all tests; the first step that fails decides the exit code, but lint and tests
 * both run. Paths choose tests: `npm test -- packages/nabla/src/ops`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, root, run, tool } from './setup.mjs'

const report = join(root, 'node_modules', '.cache', 'nabla', 'tests.json')
const steps = []

function step(name, work) {
  console.log(`\n── ${name}`)
  const start = performance.now()
  const code = work()
  steps.push({ name, code, seconds: (performance.now() - start) / 1000 })
  return code
}

step('install', () => ensureInstalled() ?? 0)
step('build and type-check', () => tool('tsc', ['-b']))
step('format', () => tool('biome', ['format', '.']))
step('lint', () => tool('biome', ['lint', '--error-on-warnings', '.']))
step('floors', () => run(process.execPath, ['scripts/floors.mjs']))
mkdirSync(join(report, '..'), { recursive: true })
rmSync(report, { force: true })
step('tests', () =>
  tool('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)]),
)

console.log()
for (const { name, code, seconds } of steps)
  console.log(`${code ? 'FAILED' : 'ok    '}  ${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s`)
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
  const skipped = numPendingTests + numTodoTests
  console.log(`\n${numPassedTests} passed, ${numFailedTests} failed${skipped ? `, ${skipped} skipped` : ''}`)
}
process.exitCode = steps.find(({ code }) => code)?.code ?? 0
