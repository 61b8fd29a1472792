/** The lab `svm`: a linear classifier that wants the true class ahead by a margin. CS231n, assignment 1. */
import { hingeNaive } from '../linear/hinge.js'
import { linearLab } from '../linear/lab.js'
import { linearLoss } from '../linear/vectorised.js'
import { svmLoss } from '../scratch/losses.js'
import { notes } from './notes.js'

export const svm = linearLab({
  id: 'svm',
  title: 'Linear support vector machine on pixels',
  loss: 'hinge loss with penalty',
  notes,
  naive: hingeNaive,
  vectorised: linearLoss(svmLoss),
  rates: [5e-8, 1e-7, 2e-7, 4e-7],
  strengths: [3e2, 1e3, 3e3, 1e4, 2.5e4],
  targets: [{ metric: 'validation_accuracy', atLeast: 0.38, source: 'CS231n assignment 1, svm: tuned on raw pixels' }],
})
