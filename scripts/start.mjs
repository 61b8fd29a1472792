/** `npm start`: from a fresh clone to a trained LeNet-5. Options go on to the command: `npm start -- --epochs 3`. */
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, root, run } from './setup.mjs'

ensureInstalled()
ensureBuilt()

const code = run(process.execPath, [join(root, 'packages/cli/bin/nabla.mjs'), 'train', 'lenet', ...process.argv.slice(2)])
if (code) process.exit(code)

console.log(`
What to try next:
  npx nabla train lenet --data fashion-mnist --activation relu     clothes instead of digits
  npx nabla predict digit.png --model runs/...                     your own picture, with the run's folder named above
  npx nabla devices                                                what this machine offers
  npx nabla --help                                                 everything else
  NABLA_DEBUG=1 npm start -- --epochs 1                            where the time goes, kernel by kernel
README.md has the same network in twenty lines of TypeScript.`)
