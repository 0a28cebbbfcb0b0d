import { mapTexts } from '../core/map-texts.js'
import { maskUrl } from '../core/secrets.js'

/** The same plain data with `maskUrl` applied to every text in it, keys too. */
export const withMaskedUrls = <Data>(data: Data): Data => mapTexts(data, maskUrl, maskUrl) as Data
