// What axe does not measure of the page that is open; says the faults it finds, none is a good page.
() => {
  const faults = []
  const named = (part) => `${part.tagName.toLowerCase()}${part.id ? '#' + part.id : ''} “${(part.innerText || part.name || '').trim().slice(0, 40)}”`
  const isShown = (part) => {
    const box = part.getBoundingClientRect()
    return part.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1
  }

  const fits = (when) => {
    const wider = document.documentElement.scrollWidth - document.documentElement.clientWidth
    if (wider > 0) faults.push(`${when}: ${wider}px wider than the window`)
    for (const part of document.querySelectorAll('main *, header *, footer *')) {
      if (!isShown(part)) continue
      const box = part.getBoundingClientRect()
      if (box.right > innerWidth + 1 || box.left < -1) faults.push(`${when}: sticks out: ${named(part)}`)
      if (getComputedStyle(part).overflowX === 'hidden' && part.scrollWidth > part.clientWidth + 1) faults.push(`${when}: is cut off: ${named(part)}`)
    }
  }

  // 2.4.7 and 2.4.11: whatever the keyboard reaches looks different, and is not behind the button that stays in sight.
  const looks = (part) => {
    const label = part.labels?.[0]
    const styles = [getComputedStyle(part), ...(label ? [getComputedStyle(label, '::before')] : [])]
    return styles.map((style) => [style.outline, style.boxShadow, style.borderColor, style.borderWidth, style.backgroundColor].join()).join('|')
  }
  const exit = document.querySelector('.govuk-exit-this-page')
  const reached = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex="0"]')]
  for (const part of reached) {
    const skips = part.classList.contains('govuk-skip-link')
    if (part.disabled || (!isShown(part) && !skips)) continue
    const before = looks(part)
    part.focus()
    if (document.activeElement !== part) { faults.push(`cannot be reached: ${named(part)}`); continue }
    if (looks(part) === before) faults.push(`does not show that it has the focus: ${named(part)}`)
    const box = part.getBoundingClientRect()
    if (box.bottom <= 0 || box.top >= innerHeight) faults.push(`has the focus out of sight: ${named(part)}`)
    if (exit && !exit.contains(part)) {
      const over = exit.getBoundingClientRect()
      const hidden = box.top >= over.top && box.bottom <= over.bottom && box.left >= over.left && box.right <= over.right
      if (hidden) faults.push(`has the focus behind the way out: ${named(part)}`)
    }
    part.blur()
  }
  scrollTo(0, 0)

  fits('as it is')
  // 1.4.12: somebody sets the text wider apart.
  const sheet = document.styleSheets[0]
  const rule = sheet.insertRule('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }', sheet.cssRules.length)
  fits('with wide text')
  sheet.deleteRule(rule)

  if (localStorage.length || sessionStorage.length || document.cookie) faults.push('keeps something in the browser')
  return faults
}
