/** The device that a command runs on. */
import { defaultDevice, prepareDevice, setDefaultDevice } from 'nabla'

/** Takes the device of that name (`auto` for the best that is here), or the default one, and gives its name. Throws where it cannot be had. */
export async function chooseDevice(name: string | undefined): Promise<string> {
  await prepareDevice(name ?? process.env['NABLA_DEVICE'])
  if (name !== undefined) setDefaultDevice(name)
  return defaultDevice()
}
