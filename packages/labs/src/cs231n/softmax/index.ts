/** The lab `softmax`: a linear classifier that gives probabilities. CS231n, assignment 1. */
import { crossEntropyNaive } from '../linear/cross-entropy.js'
import { linearLab } from '../linear/lab.js'
import { linearLoss } from '../linear/vectorised.js'
import { softmaxLoss } from '../scratch/losses.js'
import { notes } from './notes.js'

export const softmax = linearLab({
  id: 'softmax',
  title: 'Softmax classifier on pixels',
  loss: 'cross-entropy with penalty',
  notes,
  naive: crossEntropyNaive,
  vectorised: linearLoss(softmaxLoss),
  rates: [2e-7, 5e-7, 1e-6, 2e-6],
  strengths: [1e2, 3e2, 1e3, 3e3, 1e4],
  targets: [{ metric: 'validation_accuracy', atLeast: 0.36, source: 'CS231n assignment 1, softmax: tuned on raw pixels' }],
})
