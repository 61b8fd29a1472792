/** The model zoo: every architecture a file of its own, with the names of weights that PyTorch users know. */
export { LeNet, type LeNetOptions } from './lenet.js'
