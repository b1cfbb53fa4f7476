// Builds hardship/web/static/ from hardship/web/assets/: style sheets, scripts and pictures named by their content, a
// compressed copy beside each, and a manifest from plain names to built ones.

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import * as sass from 'sass'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'hardship/web/assets')
const target = join(root, 'hardship/web/static')
const fresh = `${target}.new`
const manifest = {}

function keep(name, bytes) {
  const extension = extname(name)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  const built = `${basename(name, extension)}.${hash}${extension}`
  writeFileSync(join(fresh, built), bytes)
  writeFileSync(join(fresh, `${built}.gz`), gzipSync(bytes, { level: 9 }))
  manifest[name] = built
}

async function minifiedCss(name) {
  const compiled = sass.compile(join(source, name), {
    style: 'expanded',
    loadPaths: [join(root, 'node_modules/govuk-frontend/dist')],
    quietDeps: true
  })
  const packed = await esbuild.transform(compiled.css, { loader: 'css', minify: true, target: 'es2020', legalComments: 'none' })
  return Buffer.from(packed.code)
}

async function bundledJs(name) {
  const result = await esbuild.build({
    entryPoints: [join(source, name)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2020',
    legalComments: 'none',
    write: false,
    nodePaths: [join(root, 'node_modules')]
  })
  return Buffer.from(result.outputFiles[0].contents)
}

rmSync(fresh, { recursive: true, force: true })
mkdirSync(fresh, { recursive: true })
for (const name of readdirSync(source).sort()) {
  if (name.startsWith('_')) continue
  if (name.endsWith('.scss')) keep(name.replace(/scss$/, 'css'), await minifiedCss(name))
  else if (name.endsWith('.js')) keep(name, await bundledJs(name))
  else if (name.endsWith('.svg')) keep(name, readFileSync(join(source, name)))
}
writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n')
rmSync(target, { recursive: true, force: true })
renameSync(fresh, target)
