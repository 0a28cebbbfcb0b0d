// Loaded by Node before a program that is profiled: a program without a handler of its own would die of SIGTERM, and Node writes
// the profile only at an exit. One that has a handler keeps it.

process.on('SIGTERM', () => {
  if (process.listenerCount('SIGTERM') === 1) process.exit(143)
})
