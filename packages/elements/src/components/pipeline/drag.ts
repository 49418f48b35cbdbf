import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Place } from './board.ts'

export interface DragHost extends ReactiveControllerHost, HTMLElement {
  /** Where a card would stand if it were dropped at this point of the window. */
  placeAt(x: number, y: number): Place | null
  scrollNear(x: number, y: number): boolean
  dropCard(id: string, place: Place): void
}

const START_PX = 6
const LONG_PRESS_MS = 350

/** Drags a card with mouse, pen or finger (after a long press, so that a finger can scroll). Escape puts it back. */
export class DragController implements ReactiveController {
  dragging: string | null = null
  place: Place | null = null
  readonly #host: DragHost
  #ghost: HTMLElement | null = null
  #start: { id: string; card: HTMLElement; x: number; y: number; offsetX: number; offsetY: number; pointerId: number; touch: boolean } | null = null
  #press: ReturnType<typeof setTimeout> | undefined
  #point = { x: 0, y: 0 }
  #frame = 0

  constructor(host: DragHost) {
    this.#host = host
    host.addController(this)
  }

  hostDisconnected(): void {
    this.#end(false)
  }

  /** On a card's pointerdown. */
  press(event: PointerEvent, id: string): void {
    if (event.button !== 0 || this.#start || (event.target as HTMLElement).closest('button')) return
    const card = event.currentTarget as HTMLElement
    const box = card.getBoundingClientRect()
    const touch = event.pointerType === 'touch'
    this.#start = { id, card, x: event.clientX, y: event.clientY, offsetX: event.clientX - box.left, offsetY: event.clientY - box.top, pointerId: event.pointerId, touch }
    this.#point = { x: event.clientX, y: event.clientY }
    window.addEventListener('pointermove', this.#move)
    window.addEventListener('pointerup', this.#up)
    window.addEventListener('pointercancel', this.#cancel)
    window.addEventListener('keydown', this.#key, true)
    if (touch) this.#press = setTimeout(() => this.#begin(), LONG_PRESS_MS)
  }

  readonly #move = (event: PointerEvent): void => {
    if (event.pointerId !== this.#start?.pointerId) return
    this.#point = { x: event.clientX, y: event.clientY }
    const far = Math.hypot(event.clientX - this.#start.x, event.clientY - this.#start.y) > START_PX
    if (!this.dragging && far) {
      if (this.#start.touch) return this.#end(false)
      this.#begin()
    }
    if (this.dragging) this.#show()
  }

  #begin(): void {
    if (!this.#start) return
    const { id, card } = this.#start
    this.dragging = id
    const box = card.getBoundingClientRect()
    this.#ghost = card.cloneNode(true) as HTMLElement
    this.#ghost.classList.add('ghost')
    this.#ghost.removeAttribute('tabindex')
    this.#ghost.setAttribute('aria-hidden', 'true')
    this.#ghost.inert = true
    this.#ghost.style.setProperty('inline-size', `${box.width}px`)
    this.#host.shadowRoot?.append(this.#ghost)
    // A finger that drags must not scroll the page any more.
    window.addEventListener('touchmove', holdStill, { passive: false })
    this.#show()
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  #show(): void {
    if (!this.#start || !this.#ghost) return
    const { x, y } = this.#point
    this.#ghost.style.setProperty('transform', `translate(${x - this.#start.offsetX}px, ${y - this.#start.offsetY}px) rotate(1.5deg)`)
    const place = this.#host.placeAt(x, y)
    if (place?.stageId === this.place?.stageId && place?.index === this.place?.index) return
    this.place = place
    this.#host.requestUpdate()
  }

  readonly #scroll = (): void => {
    if (!this.dragging) return
    if (this.#host.scrollNear(this.#point.x, this.#point.y)) this.#show()
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  readonly #up = (event: PointerEvent): void => {
    if (event.pointerId === this.#start?.pointerId) this.#end(true)
  }
  readonly #cancel = (): void => this.#end(false)
  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.dragging) return
    event.preventDefault()
    event.stopPropagation()
    this.#end(false)
  }

  #end(drop: boolean): void {
    const { dragging, place } = this
    clearTimeout(this.#press)
    cancelAnimationFrame(this.#frame)
    window.removeEventListener('pointermove', this.#move)
    window.removeEventListener('pointerup', this.#up)
    window.removeEventListener('pointercancel', this.#cancel)
    window.removeEventListener('keydown', this.#key, true)
    window.removeEventListener('touchmove', holdStill)
    this.#ghost?.remove()
    this.#ghost = null
    this.#start = null
    this.dragging = null
    this.place = null
    if (!dragging) return
    if (drop && place) this.#host.dropCard(dragging, place)
    this.#host.requestUpdate()
  }
}

const holdStill = (event: Event): void => event.preventDefault()
