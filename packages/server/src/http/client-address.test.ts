import { expect, it } from 'vitest'
import { placeOf } from './client-address.ts'
import { hostsOf } from './hosts.ts'

it('takes a /64 of IPv6 for one place, IPv4 by its address however it is written, and what is no address for none', () => {
  expect(['2001:db8:1:2::1', '2001:DB8:1:2:ffff::9', '[2001:db8:1:2::3]:443', '2001:db8:1:2:3:4:5:6'].map(placeOf)).toEqual(Array.from({ length: 4 }, () => '2001:db8:1:2::/64'))
  expect(['::1', 'fe80::1%eth0', '2001:db8::1'].map(placeOf)).toEqual(['0:0:0:0::/64', 'fe80:0:0:0::/64', '2001:db8:0:0::/64'])
  expect(['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207', '::FFFF:192.0.2.7'].map(placeOf)).toEqual(Array.from({ length: 4 }, () => '192.0.2.7'))
  expect(['', 'unknown', '1.2.3', '_hidden', '::g'].map(placeOf)).toEqual([null, null, null, null, null])
})

it('answers to the address that it listens on, of IPv6 too', () => {
  const own = hostsOf(null, '::')
  expect([own('[::]:4400'), own('[::1]:4400'), own('crm.example:4400')]).toEqual([true, true, false])
  expect(hostsOf(null, 'FD00::1')('[fd00::1]:4400')).toBe(true)
})
