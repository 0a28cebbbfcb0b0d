import { type DataPlan, type Feed, openFeed } from './data.js'
import { columnsIn, compileTemplate, render, type Template } from './template.js'

/** Texts of one request that share a row. */
export class Texts {
  readonly #templates: readonly Template[]
  readonly #feed: Feed

  /** Reads the rows; throws where a text names a column that they lack. */
  constructor(texts: readonly string[], data: DataPlan | null) {
    this.#feed = openFeed(data, texts.flatMap(columnsIn))
    this.#templates = texts.map((text) => compileTemplate(text, this.#feed.columns))
  }

  /** Hot path: once a request. */
  fill(seq: number): string[] {
    const row = this.#feed.rowOf(seq)
    return this.#templates.map((template) => render(template, seq, row))
  }

  /** The only one of them. */
  first(seq: number): string {
    const [template] = this.#templates
    return template === undefined ? '' : render(template, seq, this.#feed.rowOf(seq))
  }
}
