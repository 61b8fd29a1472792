/** The lab `lenet`: LeNet-5 on MNIST or Fashion-MNIST, with sigmoid, ReLU or both. */
import { LeNet } from '@nabla/models'
import { plainTraining } from '../zoo/options.js'
import { zooLab } from '../zoo/lab.js'
import { notes } from './notes.js'

const options = {
  activation: {
    kind: 'choice',
    help: 'sigmoid as in 1998, relu as now; mixed: relu after convolutions, sigmoid after linear layers',
    values: ['relu', 'sigmoid', 'mixed'],
    default: 'relu',
  },
  pool: { kind: 'choice', help: 'auto: max with relu, else avg', values: ['auto', 'avg', 'max'], default: 'auto' },
} as const

/** Learning rates that were found to do well at batch size 256; plain SGD has those of the notes. */
const rates = {
  relu: { sgd: 0.1, momentum: 0.02, adam: 0.002, adamw: 0.002 },
  sigmoid: { sgd: 0.9, momentum: 0.3, adam: 0.005, adamw: 0.005 },
  mixed: { sgd: 0.9, momentum: 0.1, adam: 0.005, adamw: 0.005 },
} as const

const target = (activation: 'sigmoid' | 'relu' | 'mixed', atLeast: number) =>
  ({
    metric: 'test_accuracy',
    atLeast,
    source: `notes on convolutional networks: LeNet, ${activation}`,
    when: { data: 'fashion-mnist', activation },
  }) as const

export const lenet = zooLab({
  id: 'lenet',
  title: 'LeNet-5, a convolutional network for small images',
  notes,
  options,
  data: ['mnist', 'fashion-mnist'],
  defaults: { data: 'mnist', epochs: 8, batchSize: 256, schedule: 'fall' },
  presets: {
    smoke: { epochs: 1, trainSize: 1024, testSize: 500, batchSize: 64 },
    quick: {},
    full: { ...plainTraining, data: 'fashion-mnist', activation: 'sigmoid' },
  },
  targets: [target('sigmoid', 0.822), target('relu', 0.863), target('mixed', 0.87)],
  lr: ({ activation, optimizer }) => rates[activation][optimizer],
  build: ({ activation, pool, width }, input) => new LeNet({ ...input, activation, width, ...(pool === 'auto' ? {} : { pool }) }),
})
