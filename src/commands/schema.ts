import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

/** `nautilus schema`: the JSON Schema of profiles, for editors and validators. */
export const schemaCommand = (io: Io, exit: Exit): Command =>
  new Command('schema')
    .description('Prints the JSON Schema of profiles (draft 2020-12), for editors and validators.')
    .option('--json', 'print JSON, which it always is')
    .addHelpText('after', afterHelp)
    .action(async () => {
      const { profileJsonSchema } = await import('../profile/describe.js')
      const { jsonText } = await import('../report/json.js')
      io.out(jsonText(profileJsonSchema()))
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus schema > profile.schema.json
  nautilus schema | jq '.properties.load'
  echo '# yaml-language-server: $schema=profile.schema.json' >> my-profile.yaml

Exit codes: 0 printed.
`
