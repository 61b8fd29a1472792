"""The networks that are lists of layers, and the products."""
import torch
from torch import nn

from training import train_on

LAYERS = {
    'conv': lambda l: nn.Conv2d(l['inputs'], l['outputs'], l['kernel'], padding=l['padding']),
    'linear': lambda l: nn.Linear(l['inputs'], l['outputs']),
    'relu': lambda l: nn.ReLU(),
    'tanh': lambda l: nn.Tanh(),
    'flatten': lambda l: nn.Flatten(),
    'avgpool': lambda l: nn.AvgPool2d(l['size']),
    'maxpool': lambda l: nn.MaxPool2d(l['size']),
    'dropout2d': lambda l: nn.Dropout2d(l['p']),
    'batchnorm': lambda l: nn.BatchNorm2d(l['features']),
}


def training_step(w):
    net = nn.Sequential(*(LAYERS[l['kind']](l) for l in w['layers']))
    x = torch.rand(w['input']) * 2 - 1
    y = torch.randint(0, w['classes'], (x.shape[0],))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=w['lr'], momentum=w['momentum'], nesterov=w['nesterov'])
    return train_on(x, y, lambda x, y: criterion(net(x), y), optimizer)


def product_step(w):
    n = w['n']
    a, b = torch.rand(n, n) * 2 - 1, torch.rand(n, n) * 2 - 1
    return lambda: a @ b
