"""Writes the network of a prediction as an ONNX file, as those who come from PyTorch do: `export.py WORKLOAD FILE`."""
import json
import sys

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool1d

from zoo import network


class AdaptiveAvgPool(nn.Module):
    """nn.AdaptiveAvgPool2d as two products, square to square: PyTorch 1.13 exports it only to sizes that divide the image's."""

    def __init__(self, size, output_size):
        super().__init__()
        self.register_buffer('means', adaptive_avg_pool1d(torch.eye(size)[None], output_size)[0])  # (size, output_size)

    def forward(self, x):
        return self.means.t() @ (x @ self.means)


net, x = network(json.loads(sys.argv[1]))
net.eval()
output_size = getattr(net, 'avgpool', nn.AdaptiveAvgPool2d((1, 1))).output_size
if output_size != (1, 1):
    pool = AdaptiveAvgPool(net.features(x).shape[-1], output_size[0])
    assert torch.allclose(pool(net.features(x)), net.avgpool(net.features(x)), atol=1e-6)
    net.avgpool = pool
torch.onnx.export(net, x, sys.argv[2], opset_version=17)
