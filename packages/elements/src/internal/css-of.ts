import { noChange } from 'lit'
import { Directive, directive, type ElementPart, PartType, type PartInfo } from 'lit/directive.js'

/**
 * Sets style properties through the CSSOM, which a strict CSP allows, where a `style` attribute would be blocked.
 *
 * @example html`<div ${cssOf({ height: '120px' })}></div>`
 */
class CssOf extends Directive {
  constructor(info: PartInfo) {
    super(info)
    if (info.type !== PartType.ELEMENT) throw new Error('cssOf stands on an element')
  }
  override render(_properties: Record<string, string>) {
    return noChange
  }
  override update({ element }: ElementPart, [properties]: [Record<string, string>]) {
    for (const [name, value] of Object.entries(properties)) (element as HTMLElement).style.setProperty(name, value)
    return noChange
  }
}
export const cssOf = directive(CssOf)
