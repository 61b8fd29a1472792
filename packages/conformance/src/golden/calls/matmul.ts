/** Products of matrices and tensors. */
import * as nabla from 'nabla'
import { functional } from 'nabla/nn'
import type { CallTable } from '../call.js'

export const matmul: CallTable = {
  'torch.matmul': ({ input, other }) => input.matmul(other),
  'torch.mm': ({ input, mat2 }) => input.mm(mat2),
  'torch.mv': ({ input, vec }) => input.mv(vec),
  'torch.bmm': ({ input, mat2 }) => input.bmm(mat2),
  'torch.dot': ({ input, tensor, other }) => input.dot(tensor ?? other),
  'torch.vdot': ({ input, other }) => input.vdot(other),
  'torch.inner': ({ input, other }) => input.inner(other),
  'torch.outer': ({ input, vec2 }) => input.outer(vec2),
  'torch.ger': ({ input, vec2 }) => input.ger(vec2),
  'torch.addmm': ({ input, mat1, mat2, beta, alpha }) => input.addmm(mat1, mat2, { beta, alpha }),
  'torch.addmv': ({ input, mat, vec, beta, alpha }) => input.addmv(mat, vec, { beta, alpha }),
  'torch.addr': ({ input, vec1, vec2, beta, alpha }) => input.addr(vec1, vec2, { beta, alpha }),
  'torch.addbmm': ({ input, batch1, batch2, beta, alpha }) => input.addbmm(batch1, batch2, { beta, alpha }),
  'torch.baddbmm': ({ input, batch1, batch2, beta, alpha }) => input.baddbmm(batch1, batch2, { beta, alpha }),
  'torch.trace': ({ input }) => input.trace(),
  'torch.kron': ({ input, other }) => input.kron(other),
  'torch.cross': ({ input, other, dim }) => input.cross(other, dim ?? undefined),
  'torch.matrix_power': ({ input, n }) => input.matrixPower(n),
  'torch.einsum': ({ equation, operands }) => nabla.einsum(equation, operands),
  'torch.tensordot': ({ a, b, dims }) => nabla.tensordot(a, b, dims),
  'torch.chain_matmul': ({ matrices }) => nabla.chainMatmul(...matrices),
  'torch.linalg.multi_dot': ({ tensors }) => nabla.multiDot(tensors),
  'torch.nn.functional.linear': ({ input, weight, bias }) => functional.linear(input, weight, bias),
  'torch.nn.functional.bilinear': ({ input1, input2, weight, bias }) => functional.bilinear(input1, input2, weight, bias),
}
