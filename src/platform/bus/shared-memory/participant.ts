import type { SharedMemoryAddress } from '../config.js'
import { Bell, Bells } from './bell.js'
import { Region } from './region.js'

/** One user of a region, under a number that never comes again: what both directions of a transport share. */
export class Participant {
  readonly region: Region
  readonly id: number
  readonly bells: Bells
  readonly lives: (participant: number) => boolean
  readonly #bell: Bell

  constructor({ systemId, regionBytes }: SharedMemoryAddress, onRing: () => void) {
    this.region = new Region(systemId, regionBytes)
    this.id = this.region.newParticipant()
    this.bells = new Bells(this.region.folder)
    this.lives = (participant) => this.bells.lives(participant)
    this.#bell = new Bell(this.region.folder, this.id, onRing)
  }

  locked<Value>(work: () => Value): Value {
    return this.region.locked(this.id, this.lives, work)
  }

  /** Changes the tables and tells all. */
  change<Value>(work: () => Value): Value {
    return this.locked(() => {
      const value = work()
      this.region.changed()
      return value
    })
  }

  /** Nothing of the region may be used after this. */
  close(): void {
    this.#bell.close()
    this.bells.close()
    this.region.close()
  }
}
