// Starts components where their markup is. One that cannot start leaves plain HTML, which works too.

export function start(components) {
  if (!('noModule' in HTMLScriptElement.prototype)) return
  document.body.classList.add('js-enabled', 'govuk-frontend-supported')
  for (const Component of components) {
    for (const root of document.querySelectorAll(`[data-module="${Component.moduleName}"]`)) {
      try {
        new Component(root)
      } catch {
        // The page goes on without it.
      }
    }
  }
}
