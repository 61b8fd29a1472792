"""A training step as users write it."""


def train_on(x, y, loss_of, optimizer):
    def step():
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step
