import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './demo.ts'

/** A host application in one language: how it is started around an endpoint as the guide has it, and how somebody is signed in with it. */
export interface Host {
  name: string
  /** The guide's block. */
  block: { language: string; name?: string }
  /** Whether what it takes is on this machine. */
  there(): boolean
  /** Writes the host around the endpoint, and says what starts it on a port. */
  write(dir: string, endpoint: string): (port: number) => [program: string, ...args: string[]]
}

/** What these hosts know somebody by, each in its own way of signing in, which is not what is tested. */
export const SIGNED_IN = { cookie: 'user=u_17' }

const run = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const PYTHON = ['/usr/bin/python3', 'python3'].find((python) => run(python, '-c', 'import django')) ?? 'python3'

/** Hosts on Node: the endpoint is a module, and a few lines stand around it. */
const onNode = (name: string, lines: string): Host => ({
  name, block: { language: 'js', name },
  there: () => true,
  write(dir, endpoint) {
    writeFileSync(join(dir, `${name}-endpoint.js`), endpoint.replace("'@/auth'", "'./auth.js'"))
    writeFileSync(join(dir, 'auth.js'), 'let user = null\nexport const signIn = (id) => { user = id === null ? null : { id } }\nexport const auth = async () => (user ? { user } : null)\n')
    writeFileSync(join(dir, `${name}.js`), `const userOf = (cookie = '') => { const id = /user=(\\w+)/.exec(cookie)?.[1]; return id ? { id } : null }\nconst port = Number(process.argv[2])\n${lines}`)
    return (port) => [process.execPath, join(dir, `${name}.js`), String(port)]
  },
})

export const HOSTS: Host[] = [
  onNode('express', `import express from 'express'
import { flowstateToken } from './express-endpoint.js'
const app = express()
app.use((request, response, next) => { request.user = userOf(request.headers.cookie); next() })
app.post('/flowstate-token', flowstateToken)
app.listen(port, '127.0.0.1')
`),
  onNode('hono', `import { Hono } from 'hono'
import { serve } from '@hono/node-server'
import { flowstateToken } from './hono-endpoint.js'
const app = new Hono()
app.use(async (context, next) => { context.set('user', userOf(context.req.header('cookie'))); await next() })
app.post('/flowstate-token', flowstateToken)
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })
`),
  // A route handler of Next's is a function of a Request; the server around it is not Next's.
  onNode('next', `import { getRequestListener } from '@hono/node-server'
import { createServer } from 'node:http'
import { signIn } from './auth.js'
import * as route from './next-endpoint.js'
createServer(getRequestListener((request) => {
  if (new URL(request.url).pathname !== '/flowstate-token') return new Response(null, { status: 404 })
  signIn(userOf(request.headers.get('cookie') ?? '')?.id ?? null)
  return route[request.method]?.(request) ?? new Response(null, { status: 405 })
})).listen(port, '127.0.0.1')
`),
  onNode('node', `import { createServer } from 'node:http'
import { flowstateToken } from './node-endpoint.js'
createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/flowstate-token') return response.writeHead(404).end()
  flowstateToken(userOf(request.headers.cookie), response).catch(() => response.writeHead(502).end())
}).listen(port, '127.0.0.1')
`),
  {
    name: 'php', block: { language: 'php' },
    there: () => run('php', '-r', "exit(function_exists('curl_init') ? 0 : 1);"),
    write(dir, endpoint) {
      writeFileSync(join(dir, 'flowstate-token.php'), endpoint)
      writeFileSync(join(dir, 'router.php'), "<?php\nif ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/flowstate-token') { http_response_code(404); exit; }\nsession_start();\nif (isset($_COOKIE['user'])) $_SESSION['user_id'] = $_COOKIE['user'];\nsession_write_close();\nrequire 'flowstate-token.php';\n")
      return (port) => ['php', '-d', `session.save_path=${dir}`, '-S', `127.0.0.1:${port}`, join(dir, 'router.php')]
    },
  },
  {
    name: 'rails', block: { language: 'ruby' },
    there: () => run('ruby', '-e', "require 'rails'; require 'action_controller/railtie'; require 'puma'"),
    write(dir, endpoint) {
      writeFileSync(join(dir, 'flowstate_tokens_controller.rb'), endpoint)
      writeFileSync(join(dir, 'config.ru'), `require 'rails'
require 'action_controller/railtie'
class Host < Rails::Application
  config.eager_load = false
  config.secret_key_base = 'x' * 64
  config.logger = Logger.new($stderr, level: :fatal)
  config.hosts.clear
end
class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception
  def current_user = cookies[:user] && Struct.new(:id).new(cookies[:user])
end
require_relative 'flowstate_tokens_controller'
Host.initialize!
Host.routes.draw { post '/flowstate-token', to: 'flowstate_tokens#create' }
run Host
`)
      return (port) => ['puma', '--quiet', '--environment', 'production', '--bind', `tcp://127.0.0.1:${port}`, join(dir, 'config.ru')]
    },
  },
  {
    name: 'django', block: { language: 'python' },
    there: () => run(PYTHON, '-c', 'import django'),
    write(dir, endpoint) {
      writeFileSync(join(dir, 'flowstate_token.py'), endpoint)
      writeFileSync(join(dir, 'host.py'), `import sys
from types import SimpleNamespace
from django.conf import settings
def signed_in(get_response):
    def middleware(request):
        user = request.COOKIES.get('user')
        request.user = SimpleNamespace(is_authenticated=user is not None, pk=user)
        return get_response(request)
    return middleware
settings.configure(SECRET_KEY='x' * 64, ROOT_URLCONF='host', ALLOWED_HOSTS=['127.0.0.1'], MIDDLEWARE=['django.middleware.csrf.CsrfViewMiddleware', 'host.signed_in'])
sys.modules['host'] = sys.modules[__name__]
import django
django.setup()
from django.urls import path
from django.core.wsgi import get_wsgi_application
from flowstate_token import flowstate_token
urlpatterns = [path('flowstate-token', flowstate_token)]
from wsgiref.simple_server import make_server
make_server('127.0.0.1', int(sys.argv[1]), get_wsgi_application()).serve_forever()
`)
      return (port) => [PYTHON, join(dir, 'host.py'), String(port)]
    },
  },
]

/** Starts a host and waits until it answers; ends with a sentence where it does not start. */
export const start = async (command: (port: number) => [string, ...string[]], cwd: string, env: Record<string, string>): Promise<{ child: ChildProcess; url: string }> => {
  const port = await freePort()
  const [program, ...args] = command(port)
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { said += String(chunk) })
  const url = `http://127.0.0.1:${port}`
  while (child.exitCode === null && child.signalCode === null) {
    const answered = await fetch(url).then(() => true, () => false)
    if (answered) return { child, url }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${program} ended before it answered: ${said}`)
}
