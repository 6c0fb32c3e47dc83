import type { Product } from "@visionvend/sdk/catalog/product";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import type { DroppedUnit } from "../world/vending-rack.ts";
import { NotPossible } from "./not-possible.ts";
import type { PageCoffee, PageSlot, PageThing } from "./page-state.ts";

/** Less than a drop: nobody lifts such a cup. */
const emptyMillilitres = 1;

/** What a machine has delivered: in its tray, below its spout, and in the shopper's hands. */
export class Collection {
	readonly #machine: VirtualMachine;
	readonly #products: readonly Product[];
	/** Units that were taken out of the tray, of all that ever fell. */
	#collected = 0;
	#heldSince = 0;
	#cups: PageThing[] = [];
	#cupCents = 0;
	/** What had run out of the machine when the last cup was taken away. */
	#poured = { millilitres: 0, grams: 0 };

	constructor(machine: VirtualMachine, products: readonly Product[]) {
		this.#machine = machine;
		this.#products = products;
	}

	/** In the shopper's hands. */
	get held(): readonly PageThing[] {
		const units = this.#dropped.slice(this.#heldSince, this.#collected);
		return [...units.map((unit, index) => this.#thing(unit, this.#heldSince + index)), ...this.#cups];
	}

	/** What that costs together, cents. */
	get heldCents(): number {
		const units = this.#dropped.slice(this.#heldSince, this.#collected);
		return units.reduce((sum, { priceCents }) => sum + priceCents, 0) + this.#cupCents;
	}

	get tray(): readonly PageThing[] {
		return this.#dropped.slice(this.#collected).map((unit, index) => this.#thing(unit, this.#collected + index));
	}

	get slots(): readonly PageSlot[] {
		const motors = this.#machine.rack?.motors ?? [];
		return motors.map((motor, number) => ({
			number,
			sku: this.#products.find(({ shelf }) => shelf === number)?.sku ?? "",
			units: motor.products,
			turns: motor.running,
			turned: Math.round((motor.turns - Math.floor(motor.turns)) * 100) / 100,
		}));
	}

	get coffee(): PageCoffee | null {
		const { coffee, board } = this.#machine;
		if (coffee === undefined) return null;
		const { group } = coffee;
		const isHigh = (name: string) => [...board.nets.values()].some((net) => net.name === name && net.level === 1);
		return {
			boilerCelsius: Math.round(group.boilerCelsius * 10) / 10,
			heats: group.heating,
			grinds: isHigh("grinder"),
			pumps: isHigh("pump"),
			tankMillilitres: Math.round(group.tankMillilitres),
			cup: {
				millilitres: Math.round(group.pumpedMillilitres - this.#poured.millilitres),
				grams: Math.round((group.groundGrams - this.#poured.grams) * 10) / 10,
			},
		};
	}

	/** Takes everything out. */
	collect(): void {
		const { coffee } = this.#machine;
		if (coffee !== undefined) {
			const { pumpedMillilitres: millilitres, groundGrams: grams } = coffee.group;
			if (millilitres - this.#poured.millilitres < emptyMillilitres) throw new NotPossible("The cup is empty.");
			this.#poured = { millilitres, grams };
			const cup = coffee.takeCup();
			const recipe = coffee.recognise(cup.millilitres);
			const product = this.#products.find(({ shelf }) => shelf === recipe?.recipe);
			this.#cupCents += recipe?.priceCents ?? 0;
			this.#cups.push({
				id: `cup-${this.#cups.length + 1}`,
				...(product === undefined ? undefined : { sku: product.sku }),
				name: product?.name ?? "A cup of something",
				milligrams: Math.round(cup.millilitres * 1_000),
			});
			return;
		}
		if (this.tray.length === 0) throw new NotPossible("The tray is empty.");
		this.#collected = this.#dropped.length;
	}

	/** The shopper carries home what they hold. */
	carryHome(): void {
		this.#heldSince = this.#collected;
		this.#cups = [];
		this.#cupCents = 0;
	}

	get #dropped(): readonly DroppedUnit[] {
		return this.#machine.rack?.dropped ?? [];
	}

	#thing({ sku }: DroppedUnit, index: number): PageThing {
		const product = this.#products.find((candidate) => candidate.sku === sku);
		return { id: `fell-${index + 1}`, sku, name: product?.name ?? sku, milligrams: product?.massMilligrams ?? 0 };
	}
}
