import type { SeededRandom } from "../random.ts";
import { lookOfProduct } from "../world/product-look.ts";
import { css, type Hsl, hslOf } from "./colour.ts";
import { designCounts, type Split } from "./split.ts";

export type Pattern = "plain" | "stripes" | "diagonal" | "dots" | "rays" | "waves" | "blocks" | "fade";

/** One redesign of a product's wrapping: what varies while the product stays what it is. */
export interface Design {
	readonly sku: string;
	/** Unique for its product, e.g. `training-3`. */
	readonly name: string;
	readonly main: string;
	readonly second: string;
	readonly accent: string;
	readonly brand: string;
	readonly pattern: Pattern;
	/** Arrangement of mark, brand and product name, 0 to 3. */
	readonly layout: number;
	/** Size of the product's mark, 1 is usual. */
	readonly markScale: number;
	/** Where it is, as a part of the label's width; 0 is its middle. */
	readonly markShift: number;
	readonly font: string;
	/** For what is strewn at random: fruit, nuts, crisps. */
	readonly strew: SeededRandom;
}

/** Brands of nobody; each split has its own. */
const brands: Readonly<Record<Split, readonly string[]>> = Object.freeze({
	training: [
		"Nordby",
		"Alvo",
		"Kestrel",
		"Mirra",
		"Tamsin",
		"Oakley's",
		"Bruno",
		"Finch & Co",
		"Lumo",
		"Pardi",
		"Sorrel",
		"Veda",
	],
	validation: ["Halden", "Orlo", "Quill"],
	evaluation: ["Zephyr", "Marlow", "Ibis", "Castell"],
});

const patterns: readonly Pattern[] = ["plain", "stripes", "diagonal", "dots", "rays", "waves", "blocks", "fade"];
const fonts: readonly string[] = ["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "sans-serif", "serif"];

/** The designs of one product in one split, always the same ones. */
export function designsOf(sku: string, split: Split, chance: SeededRandom): readonly Design[] {
	const look = lookOfProduct(sku);
	return Array.from({ length: designCounts[split] }, (_, number) => {
		const name = `${split}-${number + 1}`;
		const random = chance.fork(`${sku} ${name}`);
		const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
		const near = (value: number, spread: number) => value + spread * (2 * random.next() - 1);
		// A redesign keeps the family of colours that people find the product by.
		const shade = (hex: string, hue: number, saturation: number, lightness: number): string => {
			const base: Hsl = hslOf(hex);
			return css({
				hue: near(base.hue, hue),
				saturation: Math.max(0, Math.min(1, near(base.saturation, base.saturation * saturation))),
				lightness: Math.max(0.06, Math.min(0.96, near(base.lightness, lightness))),
			});
		};
		const known = brands[split];
		return {
			sku,
			name,
			main: shade(look.main, 9, 0.22, 0.07),
			second: shade(look.second, 16, 0.3, 0.08),
			accent: shade(look.accent, 16, 0.3, 0.08),
			brand: known[(number + Math.floor(3 * random.next())) % known.length] as string,
			pattern: pick(patterns),
			layout: Math.floor(4 * random.next()),
			markScale: near(1, 0.18),
			markShift: near(0, 0.06),
			font: pick(fonts),
			strew: random.fork("strew"),
		};
	});
}
