/** The first weights that several networks of the zoo share. */
import * as nn from 'nabla/nn'

/**
 * Convolutions normal with variance 2 / fan out and biases 0 (He and others, "Delving deep into rectifiers", 2015); linear layers normal
 * with deviation `linear` and biases 0, or PyTorch's own where it is left out.
 */
export function initFanOut(network: nn.Module, linear?: number): void {
  network.apply((layer) => {
    if (layer instanceof nn.Conv2d) nn.init.kaimingNormal_(layer.weight, { mode: 'fan_out', nonlinearity: 'relu' })
    else if (layer instanceof nn.Linear && linear !== undefined) nn.init.normal_(layer.weight, 0, linear)
    else return
    if (layer.bias && (layer instanceof nn.Conv2d || linear !== undefined)) nn.init.zeros_(layer.bias)
  })
}
