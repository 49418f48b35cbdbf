import { nextStep } from './next-step.ts'

describe('what follows a sign-in', () => {
  const session = { person: { id: 'usr_1', email: 'ada@acme.example', name: 'Ada', emailVerified: true, twoFactor: false, expiresAt: '2030-01-01T00:00:00Z' }, memberships: [{ workspaceId: 'wsp_1', slug: 'acme', name: 'Acme', memberId: 'mem_1', role: 'member' as const }] }
  const goTo = (base: string, next: string): string | null => {
    const step = nextStep({ facts: { base, page: null, setup: null, invitation: null } as unknown as Parameters<typeof nextStep>[0]['facts'], asked: new URLSearchParams({ next }), session: session as unknown as Parameters<typeof nextStep>[0]['session'], justNow: true, here: 'https://crm.example.com', deeds: { signOut() {}, confirm: () => () => undefined, goOn() {} } })
    return 'goTo' in step ? step.goTo : null
  }

  it('is a page of this server, below its base path', async () => {
    for (const [base, next, expected] of [['', '/admin?workspace=acme#keys', '/admin?workspace=acme#keys'], ['/crm', '/crm/admin', '/crm/admin'], ['', 'https://crm.example.com/admin', '/admin']] as const) {
      if (goTo(base, next) !== expected) throw new Error(`${next} leads to ${goTo(base, next)}`)
    }
  })

  it('is nowhere else', async () => {
    for (const next of ['//evil.example/x', '/.//evil.example/x', 'https://crm.example.com//evil.example/x', '/a/..//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', 'https://crm.example.com@evil.example/']) {
      const found = goTo('', next)
      if (found !== null && new URL(found, 'https://crm.example.com').origin !== 'https://crm.example.com') throw new Error(`${next} leads to ${found}`)
    }
    if (goTo('/crm', '/admin') !== null) throw new Error('a page beside the base path')
  })
})
