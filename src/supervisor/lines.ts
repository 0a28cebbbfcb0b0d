import { StringDecoder } from 'node:string_decoder'

/** Longest line that is kept; of a longer one the beginning stays and the rest is counted. */
export const lineCharsMax = 64 * 1024

/** Cuts a stream of bytes into lines: bounded, safe where a chunk ends inside a character, `\r\n` and a last line without end too. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''
  #droppedChars = 0

  push(chunk: Uint8Array): string[] {
    const parts = this.#decoder.write(chunk).split('\n')
    const lines: string[] = []
    for (const [index, part] of parts.entries()) {
      this.#append(part)
      if (index < parts.length - 1) lines.push(this.#take())
    }
    return lines
  }

  /** What came after the last line end, as a line of its own. */
  flush(): string[] {
    this.#append(this.#decoder.end())
    return this.#rest === '' ? [] : [this.#take()]
  }

  #append(text: string): void {
    const room = lineCharsMax - this.#rest.length
    this.#rest += text.slice(0, room)
    this.#droppedChars += Math.max(0, text.length - room)
  }

  #take(): string {
    const dropped = this.#droppedChars === 0 ? '' : ` [dropped ${this.#droppedChars} more characters]`
    const line = this.#rest.endsWith('\r') && dropped === '' ? this.#rest.slice(0, -1) : this.#rest + dropped
    this.#rest = ''
    this.#droppedChars = 0
    return line
  }
}

/** A line of a foreign program made safe to print: no escape sequences, no control characters but tabs, bounded. */
export function plainLine(line: string, charsMax = 300): string {
  const plain = line
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is to be removed.
    .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g, '')
    .replaceAll('\t', '  ')
    .replaceAll(/\p{Cc}/gu, '')
  return plain.length > charsMax ? `${plain.slice(0, charsMax)}...` : plain
}
