import type { DuplicateNoun } from '@flowstate-ai/sdk/contract'

/** An invented pair, and whether it is one person or company. Addresses end in `.example` or stand at `example.com`; nobody here exists. */
export interface LabelledPair { same: boolean; noun: DuplicateNoun; left: Side; right: Side }
interface Side { name: string; email?: string; phone?: string; companyId?: string; domain?: string; country?: string }

const person = (same: boolean, left: Side, right: Side): LabelledPair => ({ same, noun: 'customers', left, right })
const company = (same: boolean, left: Side, right: Side): LabelledPair => ({ same, noun: 'companies', left, right })

export const LABELLED: LabelledPair[] = [
  // One person: the same address, written otherwise.
  person(true, { name: 'Ada Lovelock', email: 'ada.lovelock@example.com' }, { name: 'Ada Lovelock', email: 'ada.lovelock+news@example.com' }),
  person(true, { name: 'Jonas Bakker', email: 'jonas.bakker81@gmail.com' }, { name: 'Jonas Bakker', email: 'jonasbakker81@gmail.com' }),
  person(true, { name: 'Jonas Bakker', email: 'jonasbakker81@googlemail.com' }, { name: 'J. Bakker', email: 'jonas.bakker81@gmail.com' }),
  person(true, { name: 'Marta Horvat', email: 'marta.horvat@kestrelfreight.example' }, { name: 'Marta Horvat', email: 'marta.horvat@kestrelfrieght.example' }),
  person(true, { name: 'Marta Horvath', email: 'm.horvat@kestrelfreight.example', phone: '+49 30 5551234' }, { name: 'Marta Horvat', email: 'm.horvat@kestrelfreight.example' }),
  person(true, { name: 'Leila Farouk', email: 'leilafarouk@example.com' }, { name: 'Leila Farouk', email: 'leilafarok@example.com' }),
  // The same phone, written otherwise.
  person(true, { name: 'Björn Ekström', phone: '+46 8 555 123 45' }, { name: 'Bjorn Ekstrom', phone: '+46855512345' }),
  person(true, { name: 'Jürgen Müller', phone: '+49 (30) 555-1234' }, { name: 'Juergen Mueller', phone: '030 5551234' }),
  person(true, { name: 'Katarzyna Wójcik', phone: '+48 22 555 10 20' }, { name: 'Katarzyna Wojcik', phone: '+48225551020', email: 'k.wojcik@example.com' }),
  person(true, { name: 'Siobhan Gallagher', phone: '+353 1 555 0199' }, { name: 'Siobhan Galagher', phone: '+35315550199' }),
  person(true, { name: 'Mateo Castellanos Ruiz', phone: '+34 91 555 0142' }, { name: 'Mateo Castellanos', phone: '+34915550142' }),
  person(true, { name: 'Dvorak, Petr', phone: '+420 2 5555 0123' }, { name: 'Petr Dvořák', phone: '+420255550123' }),
  person(true, { name: 'Dr. Hanna Fischer', phone: '+49 89 5550199' }, { name: 'Hanna Fischer', phone: '+49895550199', email: 'hfischer@example.com' }),
  person(true, { name: 'Farah Haddad', phone: '+33 1 55 50 01 99', email: 'farah@oldfirm.example' }, { name: 'Farah Haddad', phone: '+33155500199', email: 'farah.haddad@newfirm.example' }),
  person(true, { name: 'Anna-Lena Brandt', phone: '+49 40 5550123' }, { name: 'Annalena Brandt', phone: '+49405550123' }),
  person(true, { name: 'Lars Andersen', phone: '+45 55 50 01 23' }, { name: 'Lars Anderson', phone: '+4555500123', companyId: 'com_1' }),
  // The same company, and nothing against it.
  person(true, { name: 'Ines Almeida', companyId: 'com_1', email: 'ines.almeida@fernhill.example' }, { name: 'Ines Almeida', companyId: 'com_1' }),
  person(true, { name: 'Emeka Chukwu', email: 'emeka.chukwu@fernhill.example' }, { name: 'Emeka Chukwu', email: 'e.chukwu@fernhill.example' }),
  person(true, { name: 'Giulia Ferrari', companyId: 'com_2', phone: '+39 06 5550 1234' }, { name: 'Giulia Ferrari', companyId: 'com_2', email: 'giulia.ferrari@gmail.com' }),
  person(true, { name: 'Elif Demir', email: 'demir@alder.example', companyId: 'com_3' }, { name: 'Elif Demir', email: 'elif.demir@alder.example', companyId: 'com_3', phone: '+90 212 555 0101' }),
  person(true, { name: 'Carmen Ortega', email: 'nightowl77@example.com' }, { name: 'Carmen Ortega', email: 'nightowl77@corvus.example', phone: '+34 93 555 0188' }),
  person(true, { name: 'Amara Okoye', email: 'amara.okoye@shop.gantry.example' }, { name: 'Amara Okoye', email: 'amara.okoye@gantry.example' }),
  // Hard to see: a work address and a private one, no phone.
  person(true, { name: 'Daniel Brennan', companyId: 'com_4', email: 'daniel.brennan@halden.example' }, { name: 'Daniel Brennan', companyId: 'com_4', email: 'dannyb@gmail.com' }),
  person(true, { name: 'Mei Tanaka', companyId: 'com_4', email: 'mei.tanaka@halden.example', phone: '+81 3 5550 1234' }, { name: 'Mei Tanaka', companyId: 'com_5', email: 'mei.tanaka@elmhurst.example', phone: '+81 3 5550 1234' }),

  // Two people: the name is the same, and nothing else.
  person(false, { name: 'Anna Müller', email: 'anna.mueller@kestrel.example', companyId: 'com_1' }, { name: 'Anna Müller', email: 'anna.mueller@juniper.example', companyId: 'com_2' }),
  person(false, { name: 'Anna Müller', companyId: 'com_1' }, { name: 'Anna Müller', companyId: 'com_2' }),
  person(false, { name: 'Anna Müller', email: 'anna.mueller@kestrel.example' }, { name: 'Anna Müller', email: 'a.mueller@juniper.example', phone: '+49 30 5551111' }),
  person(false, { name: 'Thomas Klein', email: 'thomas.klein@gmail.com', phone: '+49 30 5552222' }, { name: 'Thomas Klein', email: 'tklein@outlook.com', phone: '+49 40 5553333' }),
  person(false, { name: 'Thomas Klein' }, { name: 'Thomas Klein' }),
  person(false, { name: 'Thomas Klein', email: 'thomas.klein@alder.example', phone: '+49 30 5552222', companyId: 'com_6' }, { name: 'Thomas Klein', email: 'thomas.klein2@alder.example', phone: '+49 30 5554444', companyId: 'com_6' }),
  person(false, { name: 'Maria Silva', email: 'maria.silva@alder.example' }, { name: 'Maria Silva', email: 'maria.silva@elder.example', companyId: 'com_9' }),
  // One switchboard, one household, one mailbox.
  person(false, { name: 'Maria Schmidt', phone: '+49 30 5550000', email: 'maria.schmidt@kestrel.example' }, { name: 'Mario Schmidt', phone: '+49 30 5550000', email: 'mario.schmidt@kestrel-berlin.example' }),
  person(false, { name: 'Peter Jones', phone: '+44 20 5550 0000' }, { name: 'Sarah Jones', phone: '+44 20 5550 0000' }),
  person(false, { name: 'Peter Jones', phone: '+44 20 5550 0000', companyId: 'com_7' }, { name: 'Ingrid Vogel', phone: '+44 20 5550 0000', companyId: 'com_7' }),
  person(false, { name: 'Ravi Patel', email: 'ravi.patel@halden.example', companyId: 'com_7' }, { name: 'Rani Patel', email: 'rani.patel@halden.example', companyId: 'com_7' }),
  person(false, { name: 'Jan Novak', companyId: 'com_7', email: 'jan.novak@halden.example' }, { name: 'Jana Novak', companyId: 'com_7', email: 'jana.novak@halden.example' }),
  person(false, { name: 'Chris Young', email: 'info@halden.example', companyId: 'com_7' }, { name: 'Robin Stern', email: 'info+sales@halden.example', companyId: 'com_7' }),
  person(false, { name: 'Bauer', companyId: 'com_7' }, { name: 'Eva Bauer', companyId: 'com_7', email: 'eva.bauer@halden.example' }),
  person(false, { name: 'Otto Brandt', email: 'otto.brandt@gmail.com' }, { name: 'Olga Brandt', email: 'olga.brandt@gmail.com' }),
  person(false, { name: 'Erik Larsson', phone: '+46 8 555 111 11', companyId: 'com_8' }, { name: 'Erik Larsen', phone: '+46 8 555 222 22', companyId: 'com_8' }),
  person(false, { name: 'Sofia Rossi', phone: '+39 06 5550 1001' }, { name: 'Sofia Rossi', phone: '+39 06 5550 1002' }),

  // One company.
  company(true, { name: 'Kestrel Freight GmbH', domain: 'kestrelfreight.example' }, { name: 'Kestrel Freight', country: 'Germany' }),
  company(true, { name: 'Kestrel Freight GmbH', domain: 'kestrel-freight.de' }, { name: 'Kestrel Freight', domain: 'kestrel-freight.com' }),
  company(true, { name: 'Brightwater Clinics Ltd', country: 'Ireland' }, { name: 'Brightwater Clinics Limited', country: 'Ireland' }),
  company(true, { name: 'Dovetail Tooling AG', domain: 'dovetail.example' }, { name: 'Dovetail Toling AG', domain: 'shop.dovetail.example' }),
  company(true, { name: 'Ironbark & Co. KG', country: 'Austria' }, { name: 'IRONBARK', country: 'Austria' }),
  company(true, { name: 'Société Lumière S.A.', domain: 'lumiere.fr' }, { name: 'Societe Lumiere', domain: 'lumiere.example' }),
  company(true, { name: 'Blue Bird Bakery', domain: 'bluebirdbakery.example', country: 'Denmark' }, { name: 'Bluebird Bakery', country: 'Denmark' }),
  company(true, { name: 'Meridian Robotics Inc.', domain: 'meridianrobotics.example' }, { name: 'Meridian Robotics', domain: 'meridanrobotics.example' }),
  // Two companies.
  company(false, { name: 'Kestrel Freight', domain: 'kestrelfreight.example' }, { name: 'Kestrel Insurance', domain: 'kestrelinsurance.example' }),
  company(false, { name: 'Alder Solar GmbH', domain: 'aldersolar.example', country: 'Germany' }, { name: 'Alder Solar', domain: 'alder-energy.example', country: 'Spain' }),
  company(false, { name: 'Plant 1 Works', country: 'Poland' }, { name: 'Plant 2 Works', country: 'Poland' }),
  company(false, { name: 'Cobalt Systems' }, { name: 'Cobalt' }),
  company(false, { name: 'Fernhill Home', country: 'France' }, { name: 'Fernhall Homes', domain: 'fernhall.example', country: 'Sweden' }),
  company(false, { name: 'Juniper Capital Ltd', domain: 'junipercapital.example' }, { name: 'Juniper Leasing Ltd', domain: 'junipercapital-leasing.example' }),
  company(false, { name: 'North Sea Shipping' }, { name: 'South Sea Shipping' }),
  company(false, { name: 'Gantry Holding', country: 'Italy' }, { name: 'Gantry Group', domain: 'gantryit.example', country: 'Finland' }),
]
