// What the browser's own memory would show again: a page that comes back by the Back button after somebody left is
// asked for anew, and the session that it belonged to is dead.

export function forget() {
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) {
      document.body.hidden = true
      window.location.reload()
    }
  })
}

// A button that copies what is written in the element it names; there only where the browser can.
export function copyButtons() {
  if (!navigator.clipboard) return
  for (const button of document.querySelectorAll('button[data-app-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.appCopy).innerText)
      document.getElementById(button.dataset.appSaid).textContent = button.dataset.appDone
    })
  }
  for (const button of document.querySelectorAll('button[data-app-print]')) {
    button.hidden = false
    button.addEventListener('click', () => window.print())
  }
}
