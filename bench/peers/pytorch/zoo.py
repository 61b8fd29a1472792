"""torchvision's networks, with the bench's options: a training step, and prediction."""
import torch
import torchvision.models as zoo
from torch import nn
from torchvision.models import densenet, vgg

from training import train_on


def resnet18(classes, stem):
    net = zoo.resnet18(num_classes=classes)
    if stem == 'small':
        net.conv1, net.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return net


def vgg11(classes, width):
    scaled = lambda channels: round(channels * width)
    features = vgg.make_layers([size if size == 'M' else scaled(size) for size in vgg.cfgs['A']])
    net = vgg.VGG(features, num_classes=classes)
    last, hidden = scaled(512) * 7 * 7, scaled(4096)
    sizes = {0: (last, hidden), 3: (hidden, hidden), 6: (hidden, classes)}
    for place, (inputs, outputs) in sizes.items():
        net.classifier[place] = nn.Linear(inputs, outputs)
    return net


def densenet_cifar(classes):
    """The paper's with 100 layers: three blocks of 16 bottlenecks that add 12 channels each."""
    net = densenet.DenseNet(growth_rate=12, block_config=(16, 16, 16), num_init_features=24, num_classes=classes)
    net.features.conv0, net.features.pool0 = nn.Conv2d(3, 24, 3, padding=1, bias=False), nn.Identity()
    return net


NETWORKS = {
    'resnet18': resnet18,
    'vgg11': vgg11,
    'densenet_cifar': densenet_cifar,
    'alexnet': lambda classes: zoo.alexnet(num_classes=classes),
    'googlenet': lambda classes, auxLogits: zoo.googlenet(num_classes=classes, aux_logits=auxLogits, init_weights=True),
    'mobilenet_v2': lambda classes: zoo.mobilenet_v2(num_classes=classes),
}


def counts(net, x):
    """Parameters, multiply-adds of an image, and those of the first layer."""
    each = []

    def count(layer, _, output):
        terms = layer.weight[0].numel()  # of one output
        each.append(output[0].numel() * terms)

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net.eval()(x[:1])
    for hook in hooks:
        hook.remove()
    return {'parameters': sum(p.numel() for p in net.parameters()), 'multiplyAdds': sum(each), 'first': each[0]}


def network(w):
    """The network and a batch; it must be the one that the workload describes."""
    net = NETWORKS[w['model']](w['classes'], **w['options'])
    x = torch.rand(w['input']) * 2 - 1
    found = counts(net, x)
    if found != w['counts']:
        raise RuntimeError(f"another network: it has {found}, expected {w['counts']}")
    return net, x


def zoo_step(w):
    net, x = network(w)
    net.train()
    y = torch.randint(0, w['classes'], (x.shape[0],))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=w['lr'], momentum=w['momentum'])
    return train_on(x, y, lambda x, y: criterion(net(x), y), optimizer)


def prediction_step(w):
    net, x = network(w)
    net.eval()

    def step():
        with torch.no_grad():
            return net(x)

    return step
