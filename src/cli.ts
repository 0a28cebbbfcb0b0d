import { Command } from 'commander'

const program = new Command('nautilus').description('Starts, loads and judges latency-sensitive systems.')
await program.parseAsync()
