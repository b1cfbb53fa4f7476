// Radio buttons that reveal more of a form. ARIA allows no `aria-expanded` on a radio button; `aria-controls` stays.

import { Radios as Base } from 'govuk-frontend/dist/govuk/components/radios/radios.mjs'

export class Radios extends Base {
  syncConditionalRevealWithInputState($input) {
    super.syncConditionalRevealWithInputState($input)
    $input.removeAttribute('aria-expanded')
  }
}
