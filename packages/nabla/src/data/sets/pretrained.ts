/** Weights that others have trained, with what is needed to check and to read what they say. Files as they are published: `dataFiles` gives their bytes, `dataPath` their folder. */
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'

const checkpoints = 'https://github.com/akamaster/pytorch_resnet_cifar10/raw/master/pretrained_models'
const resnetLicence = 'BSD 2-Clause, Copyright (c) 2018 Yerlan Idelbayev (GitHub project akamaster/pytorch_resnet_cifar10)'

const resnet = (layers: number, accuracy: string, bytes: number, sha256: string): DataSetEntry => {
  const published = `resnet${layers}-${sha256.slice(0, 8)}.th`
  const name = `cifar10-${published}`
  return {
    name: `resnet${layers}-cifar10`,
    title: `ResNet-${layers} trained on CIFAR-10, weights (Idelbayev)`,
    about: `a PyTorch checkpoint in the format before 1.6; ${accuracy} of CIFAR-10's test images are named right`,
    licence: resnetLicence,
    files: [{ name, bytes, sha256 }],
    places: [{ kind: 'address', address: checkpoints, form: { [name]: { from: [published] } } }],
    origin: `GitHub project akamaster/pytorch_resnet_cifar10, pretrained_models/${published}`,
  }
}

/** The entries of all of them. */
export const pretrainedEntries: readonly DataSetEntry[] = [
  resnet(20, '91.73 %', 1_099_231, '12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8'),
  resnet(56, '93.39 %', 3_471_733, '4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367'),
  {
    name: 'resnet-cifar10-checks',
    title: 'ResNet-20 on CIFAR-10 as safetensors, and outputs to compare with',
    about:
      "the tensors of resnet20-cifar10 in a safetensors file; outputs of ResNet-20 and 56 for CIFAR-10's first 8 test images",
    licence: resnetLicence,
    files: [
      {
        name: 'cifar10-resnet20.safetensors',
        bytes: 1_092_680,
        sha256: '78f33e759697376cb31d3e7959746c4f0cd0f55d094aeebfe2109b3ef6d5c1ee',
      },
      {
        name: 'cifar10-resnet-expected.json',
        bytes: 2_477,
        sha256: '48bfd12e541ef68ae76230ea82f85e216841f9253c49c423f035dd9ee42792fb',
      },
    ],
    places: [],
    origin: 'a prepared copy of these files (both are computed from the checkpoints of resnet20-cifar10 and resnet56-cifar10)',
  },
  {
    name: 'squeezenet1.1',
    title: 'SqueezeNet 1.1 trained on ImageNet, weights (Iandola and others; ONNX model zoo)',
    about: '52 float32 tensors, 1,235,496 parameters, in a safetensors file; inputs 3x224x224, 1,000 classes',
    licence: 'Apache-2.0; cite Iandola and others, "SqueezeNet" (2016)',
    files: [
      {
        name: 'squeezenet1.1.safetensors',
        bytes: 4_946_800,
        sha256: 'f86f6187a6ada6305d461a56600b3cd2148a6354de5da10f356a43139f28d8b4',
      },
    ],
    places: [],
    origin:
      "a prepared copy of the .npy weights in the WebNN project's test data (GitHub project webmachinelearning/test-data, squeezenet1.1)",
  },
  {
    name: 'squeezenet1.1-checks',
    title: 'SqueezeNet 1.1: inputs and outputs to compare with (Intel, for the WebNN tests)',
    about: 'three inputs 1x3x224x224 and their outputs 1x1000 in an npz file',
    licence: 'Apache-2.0',
    files: [
      {
        name: 'squeezenet1.1-testdata.npz',
        bytes: 1_819_840,
        sha256: 'ba9f719bea514257d17991c7830f0b5e0145a0f637e9393bf63e7ad98a626826',
      },
    ],
    places: [],
    origin: 'a prepared copy of the test data of GitHub project webmachinelearning/test-data, squeezenet1.1',
  },
]

/** The entry of ImageNet's class names. */
export const imagenetLabelsEntry: DataSetEntry = {
  name: 'imagenet-labels',
  title: "Simple names of ImageNet's 1,000 classes (Athalye)",
  about: 'a JSON list of 1,000 names, in the order of the classes',
  licence: 'public domain (GitHub project anishathalye/imagenet-simple-labels)',
  files: [
    { name: 'imagenet-labels.json', bytes: 14_211, sha256: '630d12bceacfd07e8181dd369365a044fbeacd1047f7ce1bdfd97b7517ea0d05' },
  ],
  places: [
    {
      kind: 'address',
      address: 'https://raw.githubusercontent.com/anishathalye/imagenet-simple-labels/master',
      form: { 'imagenet-labels.json': { from: ['imagenet-simple-labels.json'] } },
    },
  ],
  origin: 'GitHub project anishathalye/imagenet-simple-labels, imagenet-simple-labels.json',
}

/** The names of ImageNet's 1,000 classes, in their order. */
export const imagenetLabels = async (options?: FetchOptions): Promise<string[]> =>
  JSON.parse(await fetchText(imagenetLabelsEntry, 'imagenet-labels.json', options)) as string[]
