// Staff pages. Every page works without this file.

import { Button } from 'govuk-frontend/dist/govuk/components/button/button.mjs'
import { CharacterCount } from 'govuk-frontend/dist/govuk/components/character-count/character-count.mjs'
import { Checkboxes } from 'govuk-frontend/dist/govuk/components/checkboxes/checkboxes.mjs'
import { ErrorSummary } from 'govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs'
import { PasswordInput } from 'govuk-frontend/dist/govuk/components/password-input/password-input.mjs'
import { copyButtons } from './_leave.js'
import { Radios } from './_radios.js'
import { start } from './_start.js'

start([Button, CharacterCount, Checkboxes, ErrorSummary, PasswordInput, Radios])
copyButtons()

// A master checkbox in a table's head ticks every row's: <input type="checkbox" data-app-select-all="refs">
for (const master of document.querySelectorAll('[data-app-select-all]')) {
  const boxes = () => document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(master.dataset.appSelectAll)}"]`)
  master.addEventListener('change', () => {
    for (const box of boxes()) box.checked = master.checked
  })
}

// Keys for lists: j and k move between the rows' links, / goes to the search box. Off unless the list asks for it.
const rows = [...document.querySelectorAll('[data-app-keys] [data-app-row]')]
if (rows.length > 0) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return
    const at = rows.indexOf(document.activeElement)
    if (event.key === 'j') rows[Math.min(at + 1, rows.length - 1)].focus()
    else if (event.key === 'k') rows[Math.max(at - 1, 0)].focus()
    else if (event.key === '/') {
      const search = document.querySelector('[data-app-search] input')
      if (search) {
        event.preventDefault()
        search.focus()
      }
    }
  })
}
