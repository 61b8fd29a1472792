"""The operators: each a step whose results are all that its row names."""
import torch
from torch import nn


def layer_step(layer, x, output_of=None):
    """Forward and backward from a given gradient of the output; gradients are made anew in every step."""
    output_of = output_of or layer
    leaves = list(layer.parameters())
    if x.is_floating_point():
        leaves.append(x.requires_grad_())
    gradient = torch.randn(output_of(x).shape)

    def step():
        for leaf in leaves:
            leaf.grad = None
        output = output_of(x)
        output.backward(gradient)
        return output

    return step


def softmax(w):
    return layer_step(nn.Softmax(-1), torch.randn(w['input']))


def layernorm(w):
    return layer_step(nn.LayerNorm(w['input'][-1]), torch.randn(w['input']))


def batchnorm(w):
    return layer_step(nn.BatchNorm2d(w['input'][1]), torch.randn(w['input']))


def embedding(w):
    return layer_step(nn.Embedding(w['rows'], w['width']), torch.randint(0, w['rows'], w['input']))


def lstm_layer(w):
    lstm = nn.LSTM(w['input'][-1], w['hidden'])
    return layer_step(lstm, torch.randn(w['input']), lambda x: lstm(x)[0])


def attention(w):
    layer = nn.MultiheadAttention(w['input'][-1], w['heads'], batch_first=True)
    return layer_step(layer, torch.randn(w['input']), lambda x: layer(x, x, x, need_weights=False)[0])


def maxpool(w):
    return layer_step(nn.MaxPool2d(w['kernel'], w['stride'], w['padding']), torch.randn(w['input']))


def depthwise(w):
    channels = w['input'][1]
    layer = nn.Conv2d(channels, channels, w['kernel'], padding=w['padding'], groups=channels)
    return layer_step(layer, torch.randn(w['input']))


def adam(w):
    parameter = nn.Parameter(torch.randn(w['size']))
    parameter.grad = torch.randn(w['size'])
    return torch.optim.Adam([parameter]).step


def sort(w):
    x = torch.randn(w['size'])
    return lambda: x.sort()


OPERATORS = {
    'softmax': softmax,
    'layernorm': layernorm,
    'batchnorm': batchnorm,
    'embedding': embedding,
    'lstm-layer': lstm_layer,
    'attention': attention,
    'maxpool': maxpool,
    'depthwise': depthwise,
    'adam': adam,
    'sort': sort,
}


def operator_step(w):
    return OPERATORS[w['name']](w)
