/** Invented people, the same ones each time: the row of a number says everything about it. */
const FIRST = ['Ada', 'Alan', 'Barbara', 'Carl', 'Dorothy', 'Edsger', 'Emmy', 'Grace', 'Hedy', 'Ivan', 'Jean', 'Katherine', 'Leslie', 'Mary', 'Niklaus', 'Olga', 'Radia', 'Sophie', 'Tim', 'Yukihiro']
const LAST = ['Abel', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Horváth', 'Ivanova', 'Jansen', 'Kowalski', 'Lindqvist', 'Müller', 'Novák', 'Olsen', 'Petit', 'Rossi', 'Silva', 'Tanaka', 'Weber']
const TITLES = ['Head of Purchasing', 'Engineer', 'Managing Director', 'Assistant', 'Buyer']
const PEOPLE_A_COMPANY = 20

export interface Person { id: string; firstName: string; lastName: string; email: string; phone: string; company: string; title: string }
export const personOf = (index: number): Person => ({
  id: `P${String(index).padStart(8, '0')}`, firstName: FIRST[index % FIRST.length] ?? '', lastName: LAST[Math.floor(index / FIRST.length) % LAST.length] ?? '', email: `Person.${index}@people.example`,
  phone: `+49 30 ${String(10_000_000 + index)}`, company: `Company ${Math.floor(index / PEOPLE_A_COMPANY)}`, title: TITLES[index % TITLES.length] ?? '',
})
export const PEOPLE_HEADER = 'Record ID,First Name,Last Name,Email,Phone Number,Company,Job Title\n'
export const personLine = (index: number): string => {
  const { id, firstName, lastName, email, phone, company, title } = personOf(index)
  return `${id},${firstName},${lastName},${email},${phone},${company},${title}\n`
}

/** A file of them, in pieces as large as a socket likes. */
export function* peopleCsv(rows: number): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(PEOPLE_HEADER)
  for (let start = 0; start < rows; start += 1_000) yield encoder.encode(Array.from({ length: Math.min(1_000, rows - start) }, (_, at) => personLine(start + at)).join(''))
}
