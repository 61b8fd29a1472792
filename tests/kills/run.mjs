/**
 * A training run with everything that has a state: `node tests/kills/run.mjs FOLDER STEPS [DEVICE]`. It says where it starts, and after every
 * checkpoint at which step that was. Needs a build.
 */
import { writeSync } from 'node:fs'
import { manualSeed, setDefaultDevice, tensor } from 'nabla'
import { DataLoader, TensorDataset } from 'nabla/data'
import { Accuracy } from 'nabla/metrics'
import * as nn from 'nabla/nn'
import { Adam, CosineAnnealingLR, ExponentialMovingAverage } from 'nabla/optim'
import { metricsRows, openRun, Trainer } from 'nabla/train'

const [folder, steps, device = 'js'] = process.argv.slice(2)
const say = (text) => writeSync(1, `${text}\n`)
setDefaultDevice(device)
const run = await openRun(folder)
manualSeed(1)

const rows = 200
const points = Float32Array.from({ length: 2 * rows }, (_, i) => Math.sin(i * 12.9898) * 2)
const classes = Int32Array.from({ length: rows }, (_, i) => (points[2 * i] > points[2 * i + 1] ? 1 : 0))
const data = new TensorDataset(tensor(points, { shape: [rows, 2] }), tensor(classes, { shape: [rows], dtype: 'int32' }))
const model = new nn.Sequential(
  new nn.Linear(2, 16),
  new nn.BatchNorm1d(16),
  new nn.ReLU(),
  new nn.Dropout(0.2),
  new nn.Linear(16, 2),
)
const optimizer = new Adam(model.parameters(), { lr: 0.02 })
const trainer = new Trainer({
  model,
  optimizer,
  loss: nn.functional.crossEntropy,
  train: new DataLoader(data, { batchSize: 8, shuffle: true, seed: 3 }),
  evaluation: new DataLoader(data, { batchSize: 50 }),
  steps: Number(steps),
  accumulate: 2,
  clip: { norm: 1 },
  schedule: new CosineAnnealingLR(optimizer, Number(steps)),
  schedulePer: 'step',
  average: new ExponentialMovingAverage(model.parameters(), 0.95),
  metrics: { accuracy: (logits, labels) => logits.argmax(1).eq(labels) },
  trainMetrics: { streamed: new Accuracy() },
  earlyStopping: { patience: 1000 },
  checkpointEvery: { steps: 5, epochs: 1 },
  store: run,
  callbacks: [
    metricsRows((row) => run.metrics(row), { everySteps: 1 }),
    { onStart: ({ step }) => void say(`start ${step}`), onCheckpoint: ({ step }) => void say(`saved ${step}`) },
  ],
})
await trainer.fit()
await run.close()
say('done')
