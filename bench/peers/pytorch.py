"""PyTorch as a peer: reads the workload's list of layers, answers the lines that worker.mjs describes."""
import json
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    print(json.dumps({'unavailable': f'{sys.executable} has no PyTorch ({error})'}), flush=True)
    sys.exit(0)

workload = json.loads(sys.argv[1])
options = json.loads(sys.argv[2])
torch.set_num_threads(options['threads'])
torch.manual_seed(0)

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


def matmul(n):
    a, b = torch.rand(n, n) * 2 - 1, torch.rand(n, n) * 2 - 1
    return lambda: a @ b


def training():
    net = nn.Sequential(*(LAYERS[l['kind']](l) for l in workload['layers']))
    x = torch.rand(workload['input']) * 2 - 1
    y = torch.randint(0, workload['classes'], (x.shape[0],))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(
        net.parameters(), lr=workload['lr'], momentum=workload['momentum'], nesterov=workload['nesterov']
    )

    def step():
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def sample(steps):
    """Milliseconds a step. PyTorch computes on a CPU at once: there is nothing to wait for."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) * 1000 / steps


def say(**line):
    print(json.dumps(line), flush=True)


step = matmul(workload['n']) if workload['kind'] == 'matmul' else training()
first = ms = sample(1)
start = time.perf_counter()
while first < 2000 and time.perf_counter() - start < 0.5:
    ms = sample(1)
steps = max(1, round(20 / ms))
say(ready=True, name=f'PyTorch {torch.__version__}', device='cpu', first=first, ms=ms)

for line in sys.stdin:
    seconds = float(line.split()[1])
    samples = []
    start = time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - start < seconds:
        samples.append(sample(steps))
    samples.sort()
    say(ms=samples[len(samples) // 2], samples=len(samples))
