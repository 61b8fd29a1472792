/** The device that a command runs on. */
import { defaultDevice, setDefaultDevice } from 'nabla'

/** Takes the device of that name (`auto` for the best that is here), or the default one, and gives its name. Throws where it cannot be had. */
export function chooseDevice(name: string | undefined): string {
  if (name !== undefined) setDefaultDevice(name)
  return defaultDevice()
}
