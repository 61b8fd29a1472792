/** `nabla devices`: what is here, what is not, and why. */
import { Command } from 'commander'
import { defaultDevice, describeDevices } from 'nabla'

export function devicesCommand(): Command {
  return new Command('devices')
    .description('what this machine offers, and why not more')
    .option('--json', 'as one JSON object')
    .action(({ json }: { readonly json?: boolean }) => {
      const devices = describeDevices()
      const chosen = defaultDevice()
      if (json) process.stdout.write(`${JSON.stringify({ default: chosen, devices })}\n`)
      else {
        const width = Math.max(...devices.map(({ name }) => name.length))
        for (const { name, available, reason } of devices)
          process.stdout.write(
            `${name === chosen ? '*' : ' '} ${name.padEnd(width)}  ${available ? 'here   ' : 'missing'}  ${reason.replaceAll('\n', `\n${' '.repeat(width + 13)}`)}\n`,
          )
        process.stdout.write('* is used unless --device or NABLA_DEVICE says otherwise\n')
      }
    })
}
