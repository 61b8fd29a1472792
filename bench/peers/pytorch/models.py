"""The language models: tokens (batch, time) to logits (batch, time, vocabulary)."""
import torch
from torch import nn

from training import train_on


class LSTMLanguageModel(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.embedding = nn.Embedding(w['vocabulary'], w['width'])
        self.lstm = nn.LSTM(w['width'], w['hidden'], batch_first=True)
        self.head = nn.Linear(w['hidden'], w['vocabulary'])

    def forward(self, tokens):
        output, _ = self.lstm(self.embedding(tokens))
        return self.head(output)


class Block(nn.Module):
    """Attention to the past, then a network of four times the width, each after a norm and beside a residual."""

    def __init__(self, w):
        super().__init__()
        width = w['width']
        self.heads = w['heads']
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate='tanh'), nn.Linear(4 * width, width))

    def attend(self, x, mask):
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)  # (n, heads, t, c / heads)
        scores = q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5
        y = scores.masked_fill(mask, float('-inf')).softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(n, t, c))

    def forward(self, x, mask):
        x = x + self.attend(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Learned positions, a last norm, a head that shares the embedding's weight."""

    def __init__(self, w):
        super().__init__()
        self.tokens = nn.Embedding(w['vocabulary'], w['width'])
        self.positions = nn.Embedding(w['steps'], w['width'])
        self.blocks = nn.ModuleList(Block(w) for _ in range(w['layers']))
        self.norm = nn.LayerNorm(w['width'])
        self.head = nn.Linear(w['width'], w['vocabulary'], bias=False)
        self.head.weight = self.tokens.weight
        self.register_buffer('future', torch.ones(w['steps'], w['steps'], dtype=torch.bool).triu(1))

    def forward(self, tokens):
        t = tokens.shape[1]
        x = self.tokens(tokens) + self.positions(torch.arange(t))
        for block in self.blocks:
            x = block(x, self.future[:t, :t])
        return self.head(self.norm(x))


MODELS = {'lstm': LSTMLanguageModel, 'gpt': GPT}


def model_step(w):
    net = MODELS[w['name']](w)
    x, y = torch.randint(0, w['vocabulary'], (2, w['batch'], w['steps']))
    criterion = nn.CrossEntropyLoss()
    optimizer = getattr(torch.optim, w['optimizer'])(net.parameters(), lr=w['lr'])
    return train_on(x, y, lambda x, y: criterion(net(x).flatten(0, 1), y.flatten()), optimizer)
