import { Company, Customer, Deal, type ImportNoun, Interaction } from '@flowstate-ai/sdk/contract'

/** What a column's cells are read as. Links name other records, which are looked up or made when the rows are written. */
export type ColumnType =
  | 'text' | 'lower' | 'email' | 'phone' | 'domain' | 'whole' | 'money' | 'date' | 'instant'
  | 'part' | 'company' | 'companyKey' | 'companyDomain' | 'customer' | 'customerKey' | 'dealStatus' | 'deal' | 'stage' | 'pipeline' | 'owner' | 'tags' | 'here'

export interface ImportField {
  type: ColumnType
  /** Headers by which it is known, letters and digits alone in lower case, best first. */
  headers: readonly string[]
}

/** What the import knows of a noun; another noun is another entry here. */
export interface ImportedNoun {
  /** The contract's own limits, so that an import lets nothing in that the interface would refuse. */
  shape: Record<string, { safeParse(value: unknown): { success: boolean; error?: { issues: { message: string }[] } } }>
  fields: Record<string, ImportField>
  required: string
  /** Fields besides `externalId` by which a live record is known, each unique. */
  keys: readonly ('email' | 'domain')[]
  /** Known by its phone where a row has none of the others, and one record alone holds it. */
  byPhone: boolean
  /** Rows with match keys are known by that name too, where no key is known yet. */
  byName: boolean
  /** By what a row without any match key is known again; null: by nothing. From fields and links as they are staged. */
  natural(fields: Record<string, unknown>, links: { company?: string | undefined; customer?: string | undefined; deal?: string | undefined }): string | null
  /** The column that a record's field comes from, where it has another name. */
  columnOf: Record<string, string>
  /** One of these must be given, or the row is refused. */
  linked?: readonly string[]
}

/** An id of a record here, as exports carry it; no header alone leads to it, for elsewhere it is an id of another system's. */
const HERE = { type: 'here', headers: [] } as const
const ARCHIVED = { type: 'part', headers: [] } as const
const ID = { type: 'text', headers: ['externalid', 'recordid', 'id'] } as const
const OWNER = { type: 'owner', headers: ['owner', 'owneremail', 'recordowner', 'assigneduser', 'assignedusername'] } as const
const TAGS = { type: 'tags', headers: ['tags', 'tag', 'labels', 'label'] } as const
const COMPANY = { type: 'company', headers: ['company', 'companyname', 'account', 'accountname', 'organization', 'organisation', 'organizationname', 'associatedcompany', 'primaryassociatedcompany', 'firma', 'societe'] } as const
const COMPANY_DOMAIN = { type: 'companyDomain', headers: ['companydomain', 'companydomainname', 'companywebsite', 'accountwebsite'] } as const
const CUSTOMER_KEY = { type: 'customerKey', headers: ['associatedcontactids', 'associatedcontactid', 'contactid', 'contactids', 'personid', 'customerid', 'whoid'] } as const
const CONTACT = ['associatedcontact', 'associatedcontacts', 'contact', 'contactperson', 'person'] as const
const DESCRIPTION = { type: 'text', headers: ['description', 'about', 'notes', 'comments'] } as const

export const NOUNS: Record<ImportNoun, ImportedNoun> = {
  companies: {
    shape: Company.shape, required: 'name', keys: ['domain'], byPhone: false, byName: true, columnOf: {},
    natural: ({ name }) => nameKey(String(name ?? '')) || null,
    fields: {
      id: HERE, archivedAt: ARCHIVED,
      name: { type: 'text', headers: ['name', 'companyname', 'accountname', 'organizationname', 'organisationname', 'company', 'account', 'organization', 'organisation', 'firma', 'record'] },
      domain: { type: 'domain', headers: ['domain', 'companydomainname', 'companydomain', 'domainname', 'domains', 'website', 'websiteurl', 'url', 'homepage', 'domainnamelinkurl', 'linkurl'] },
      industry: { type: 'text', headers: ['industry', 'sector', 'branche'] },
      country: { type: 'text', headers: ['country', 'countryregion', 'billingcountry', 'billingaddresscountry', 'addresscountry', 'officelocation', 'primarylocationcountry', 'location', 'land'] },
      employeeCount: { type: 'whole', headers: ['employees', 'employeecount', 'numberofemployees', 'noofemployees', 'headcount'] },
      annualRevenue: { type: 'money', headers: ['annualrevenue', 'revenue', 'turnover', 'arr', 'arramount', 'annualrecurringrevenueamount', 'umsatz'] },
      currency: { type: 'part', headers: ['currency', 'currencycode', 'currencyisocode', 'annualrevenuecurrency', 'arrcurrency', 'annualrecurringrevenuecurrency'] },
      foundedYear: { type: 'whole', headers: ['foundedyear', 'yearfounded', 'yearestablished', 'yearstarted', 'founded'] },
      description: DESCRIPTION, owner: { ...OWNER, headers: ['companyowner', 'accountowner', 'organizationowner', ...OWNER.headers] }, tags: TAGS,
      externalId: { ...ID, headers: ['externalid', 'recordid', 'recordidcompany', 'companyid', 'accountid', 'organizationid', 'id'] },
    },
  },
  customers: {
    shape: Customer.shape, required: 'name', keys: ['email'], byPhone: true, byName: false, columnOf: { name: 'lastName', companyId: 'company' },
    natural: ({ name }, { company }) => `${nameKey(String(name ?? ''))}\n${nameKey(company ?? '')}`,
    fields: {
      id: HERE, archivedAt: ARCHIVED, companyId: HERE,
      name: { type: 'part', headers: ['name', 'fullname', 'contactname', 'personname', 'contact', 'customer', 'customername', 'record'] },
      firstName: { type: 'part', headers: ['firstname', 'givenname', 'vorname', 'prenom', 'namefirstname'] },
      lastName: { type: 'part', headers: ['lastname', 'surname', 'familyname', 'nachname', 'nom', 'namelastname'] },
      email: { type: 'email', headers: ['email', 'emailaddress', 'emailaddresses', 'primaryemail', 'emailsprimaryemail', 'personemailwork', 'emailwork', 'workemail', 'mail', 'emails'] },
      phone: { type: 'phone', headers: ['phone', 'phonenumber', 'phonenumbers', 'telephone', 'primaryphone', 'primaryphonenumber', 'phonesprimaryphonenumber', 'phonework', 'workphone', 'businessphone', 'mobile', 'mobilephone', 'mobilephonenumber', 'telefon', 'handy'] },
      title: { type: 'text', headers: ['jobtitle', 'title', 'position', 'role', 'beruf'] },
      company: COMPANY, companyDomain: COMPANY_DOMAIN, companyKey: { type: 'companyKey', headers: ['accountid', 'companyid', 'organizationid', 'associatedcompanyids', 'primaryassociatedcompanyid'] },
      description: DESCRIPTION, owner: { ...OWNER, headers: ['contactowner', 'personowner', ...OWNER.headers] }, tags: TAGS,
      externalId: { ...ID, headers: ['externalid', 'recordid', 'recordidcontact', 'contactid', 'customerid', 'personid', 'id'] },
    },
  },
  deals: {
    shape: Deal.shape, required: 'title', keys: [], byPhone: false, byName: false, columnOf: { title: 'product', closedAt: 'closeDate', expectedCloseDate: 'closeDate', companyId: 'company', customerId: 'customerEmail' },
    natural: ({ title }, { company, customer }) => `${nameKey(String(title ?? ''))}\n${nameKey(company ?? '')}\n${customer?.toLowerCase() ?? ''}`,
    fields: {
      id: HERE, archivedAt: ARCHIVED, companyId: HERE, customerId: HERE, stageId: HERE, stageKind: { type: 'part', headers: [] },
      expectedCloseDate: { type: 'date', headers: [] }, closedAt: { type: 'instant', headers: [] },
      title: { type: 'text', headers: ['title', 'dealname', 'dealtitle', 'opportunityname', 'name', 'deal', 'opportunity', 'record'] },
      product: { type: 'part', headers: ['product', 'productname', 'item'] },
      company: COMPANY, companyDomain: COMPANY_DOMAIN, companyKey: { type: 'companyKey', headers: ['accountid', 'companyid', 'organizationid', 'associatedcompanyids', 'primaryassociatedcompanyid'] },
      customerEmail: { type: 'customer', headers: ['contactemail', 'customeremail', 'personemail', 'email', ...CONTACT] }, customerKey: CUSTOMER_KEY,
      status: { type: 'dealStatus', headers: ['dealstatus', 'opportunitystatus', 'dealstate', 'opportunitystate', 'winstatus', 'wonlost', 'status'] },
      stage: { type: 'stage', headers: ['dealstage', 'stage', 'stagename', 'opportunitystage', 'phase', 'status'] },
      pipeline: { type: 'pipeline', headers: ['pipeline', 'pipelinename', 'dealpipeline'] },
      value: { type: 'money', headers: ['value', 'amount', 'dealvalue', 'closevalue', 'opportunityamount', 'amountamount', 'price', 'betrag'] },
      currency: { type: 'part', headers: ['currency', 'currencycode', 'currencyofvalue', 'valuecurrency', 'currencyisocode', 'amountcurrency', 'dealcurrencycode', 'dealcurrency'] },
      engageDate: { type: 'date', headers: ['engagedate', 'startdate', 'opendate'] },
      closeDate: { type: 'date', headers: ['closedate', 'closedat', 'expectedclosedate', 'closingdate', 'closeddate', 'wontime'] },
      wonReason: { type: 'text', headers: ['wonreason', 'closedwonreason'] },
      lostReason: { type: 'text', headers: ['lostreason', 'closedlostreason', 'lossreason'] },
      description: { ...DESCRIPTION, headers: ['description', 'dealdescription', 'notes'] }, owner: { ...OWNER, headers: ['dealowner', 'opportunityowner', ...OWNER.headers] }, tags: TAGS,
      externalId: { ...ID, headers: ['externalid', 'recordid', 'recordiddeal', 'opportunityid', 'dealid', 'id'] },
    },
  },
  interactions: {
    shape: Interaction.shape, required: 'kind', keys: [], byPhone: false, byName: false, columnOf: { companyId: 'company', customerId: 'customerEmail', dealId: 'deal' }, linked: ['customerId', 'companyId', 'dealId'],
    // A file names the deal in one of several ways, so that it tells only where nothing else does.
    natural: ({ kind, subject, body, occurredAt }, { company, customer, deal }) => [occurredAt ?? '', kind, subject ?? '', String(body ?? '').slice(0, 200), nameKey(company ?? ''), customer?.toLowerCase() ?? '', company || customer ? '' : (deal ?? '')].join('\n'),
    fields: {
      id: HERE, archivedAt: ARCHIVED, companyId: HERE, customerId: HERE, dealId: HERE,
      kind: { type: 'lower', headers: ['kind', 'activitytype', 'interactiontype', 'type', 'activity'] },
      direction: { type: 'lower', headers: ['direction'] },
      subject: { type: 'text', headers: ['subject', 'title', 'activitysubject', 'emailsubject', 'meetingname', 'calltitle'] },
      body: { type: 'text', headers: ['body', 'text', 'description', 'notes', 'note', 'content', 'comments', 'notebody', 'emailbody', 'callnotes', 'meetingdescription', 'activitynote'] },
      occurredAt: { type: 'instant', headers: ['occurredat', 'activitydate', 'datetime', 'timestamp', 'date', 'createdat', 'createdate'] },
      durationMinutes: { type: 'whole', headers: ['durationminutes', 'minutes', 'duration'] },
      customerEmail: { type: 'customer', headers: ['contactemail', 'customeremail', 'email', 'emailaddress', ...CONTACT] }, customerKey: CUSTOMER_KEY,
      company: COMPANY, companyDomain: COMPANY_DOMAIN, companyKey: { type: 'companyKey', headers: ['accountid', 'companyid', 'organizationid'] },
      deal: { type: 'deal', headers: ['dealid', 'opportunityid', 'deal', 'opportunity'] },
      tags: TAGS,
      externalId: { ...ID, headers: ['externalid', 'recordid', 'activityid', 'engagementid', 'id'] },
    },
  },
}

/** A name as it is compared: without case and surplus spaces. */
export function nameKey(name: string): string {
  return name.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
