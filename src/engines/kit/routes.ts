import type { HttpReply, HttpRequest, Routes } from './define.js'

/** The handler of a request: the exact path, else the longest route that ends in `*` and begins like the path. */
export function findRoute(
  routes: Routes,
  method: string,
  path: string,
): ((request: HttpRequest) => Promise<HttpReply> | HttpReply) | null {
  const exact = routes[`${method} ${path}`]
  if (exact !== undefined) return exact
  let found = ''
  const wanted = `${method} ${path}`
  for (const route of Object.keys(routes)) {
    if (route.endsWith('*') && wanted.startsWith(route.slice(0, -1)) && route.length > found.length) found = route
  }
  return routes[found] ?? null
}

/** The methods that a path answers, so that a wrong method gets 405 and not 404. */
export function methodsOf(routes: Routes, path: string): string[] {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  return methods.filter((method) => findRoute(routes, method, path) !== null)
}
