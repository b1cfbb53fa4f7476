// Pages for the public and for applicants. Every page works without this file.

import { Button } from 'govuk-frontend/dist/govuk/components/button/button.mjs'
import { CharacterCount } from 'govuk-frontend/dist/govuk/components/character-count/character-count.mjs'
import { Checkboxes } from 'govuk-frontend/dist/govuk/components/checkboxes/checkboxes.mjs'
import { ErrorSummary } from 'govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs'
import { ExitThisPage } from 'govuk-frontend/dist/govuk/components/exit-this-page/exit-this-page.mjs'
import { copyButtons, forget } from './_leave.js'
import { prove } from './_proof.js'
import { Radios } from './_radios.js'
import { start } from './_start.js'

start([Button, CharacterCount, Checkboxes, ErrorSummary, ExitThisPage, Radios])
forget()
prove()
copyButtons()
