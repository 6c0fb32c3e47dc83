import type { Product } from "@visionvend/sdk/catalog/product";
import type { ConfiguredCoffee, Recipe } from "@visionvend/sdk/device/messages";
import type { Board } from "../board/board.ts";
import { CoffeeGroupChip } from "../chips/coffee-group.ts";

/** What ran into a cup. */
export interface Cup {
	readonly millilitres: number;
	/** The same by runs of the pump, millilitres each: one for each step of a recipe that pumps. */
	readonly pours: readonly number[];
}

/** The inside of a coffee machine: its group, and what has run into cups. The truth of such a sale. */
export class CoffeeCorner {
	readonly group: CoffeeGroupChip;
	readonly #configuration: ConfiguredCoffee;
	readonly #products: readonly Product[];
	/** Runs of the pump since the last cup was taken away. */
	#pours: number[] = [];
	/** What had been pumped when the last of them, or the last cup, was over. */
	#pouredMillilitres = 0;

	constructor(options: {
		readonly board: Board;
		readonly configuration: ConfiguredCoffee;
		/** The product of shelf n is what recipe n makes. */
		readonly products: readonly Product[];
	}) {
		const { board, configuration, products } = options;
		const { pins, bins } = configuration;
		this.#configuration = configuration;
		this.#products = products;
		const group = new CoffeeGroupChip({
			clock: board.clock,
			pins: {
				grinder: board.net(pins.grinder, "grinder"),
				pump: board.net(pins.pump, "pump"),
				flow: board.net(pins.flow, "flow_meter"),
				heater: board.net(pins.heater, "heater"),
				...(pins.safety === undefined ? undefined : { safety: board.net(pins.safety, "heater_safety") }),
				...(pins.water === undefined ? undefined : { water: board.net(pins.water, "water_level") }),
				bins: Object.fromEntries(bins.map(({ name, pin }) => [name, board.net(pin, `level_${name}`)])),
			},
		});
		this.group = group;
		board.net(pins.pump).watch((level) => {
			if (level !== 1) this.#endPour();
		});
		board.setVoltage(pins.thermometer, () => group.thermistorVolts());
	}

	get recipes(): readonly Recipe[] {
		return this.#configuration.recipes;
	}

	/** Names, in the order in which recipes count their portions. */
	get bins(): readonly string[] {
		return this.#configuration.bins.map(({ name }) => name);
	}

	/** What has run out since the last look, as somebody finds it who takes the cup away. */
	takeCup(): Cup {
		this.#endPour();
		const pours = this.#pours;
		this.#pours = [];
		return { millilitres: pours.reduce((sum, pour) => sum + pour, 0), pours };
	}

	#endPour(): void {
		const { pumpedMillilitres } = this.group;
		if (pumpedMillilitres > this.#pouredMillilitres) this.#pours.push(pumpedMillilitres - this.#pouredMillilitres);
		this.#pouredMillilitres = pumpedMillilitres;
	}

	/** The recipe whose water this is, within a twentieth; undefined when the cup is none of the menu. */
	recognise(millilitres: number): { readonly recipe: number; readonly priceCents: number } | undefined {
		const recipe = this.#configuration.recipes.find(({ steps }) => {
			const wanted = steps.reduce((sum, { step, amount }) => (step === "pump" ? sum + amount : sum), 0);
			return wanted > 0 && Math.abs(millilitres / wanted - 1) <= 0.05;
		});
		if (recipe === undefined) return undefined;
		const product = this.#products.find(({ shelf }) => shelf === recipe.number);
		return { recipe: recipe.number, priceCents: product?.priceCents ?? 0 };
	}
}
