/** The page: a button, a bar, a chart. */
import { toSvg } from '@nabla/pictures'
import { defaultDevice, describeDevices, setDefaultDevice } from 'nabla'
import { train } from './train.js'

const find = <T extends Element>(id: string): T => document.querySelector<T>(`#${id}`)!
const button = find<HTMLButtonElement>('train')
const device = find<HTMLSelectElement>('device')
const progress = find<HTMLProgressElement>('progress')
const status = find<HTMLElement>('status')
const chart = find<HTMLElement>('chart')

for (const { name, available, reason } of describeDevices()) {
  const option = new Option(`${name}: ${reason}`, name, false, name === defaultDevice())
  option.disabled = !available
  device.add(option)
}

button.onclick = async () => {
  button.disabled = device.disabled = true
  const losses: [number, number][] = []
  const draw = async (): Promise<void> => {
    const series = [{ name: 'loss', x: losses.map(([step]) => step), y: losses.map(([, loss]) => loss) }]
    chart.innerHTML = await toSvg({ kind: 'lines', title: 'LeNet-5 on MNIST', x: 'step', y: 'loss', series })
  }
  let drawn = 0
  try {
    setDefaultDevice(device.value)
    const start = performance.now()
    const accuracy = await train((step, steps, loss) => {
      losses.push([step, loss])
      progress.max = steps
      progress.value = step
      const now = performance.now()
      status.textContent = `step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${((now - start) / step).toFixed(0)} ms a step`
      if (now - drawn < 200) return
      drawn = now
      void draw()
    })
    await draw()
    status.textContent = `${(100 * accuracy).toFixed(2)} % of the test images right, after ${((performance.now() - start) / 1000).toFixed(1)} s`
  } catch (error) {
    status.textContent = String(error)
  } finally {
    button.disabled = device.disabled = false
  }
}
