export type Shape =
	| "can"
	| "slim-can"
	| "bottle"
	| "small-bottle"
	| "carton"
	| "wedge"
	| "cup"
	| "bowl"
	| "bag"
	| "pouch"
	| "bar"
	| "box"
	| "mug"
	| "stone";

/** Outer size of a thing as it stands on a shelf, millimetres. */
export interface Size {
	readonly widthMm: number;
	readonly heightMm: number;
	/** From its front, which faces the door, to its back. */
	readonly depthMm: number;
}

/** What a product looks like to a camera. Colours are `#rrggbb`, of its wrapping. */
export interface ProductLook extends Size {
	readonly shape: Shape;
	readonly main: string;
	readonly second: string;
	readonly accent: string;
}

function look(
	shape: Shape,
	[widthMm, heightMm, depthMm]: readonly [number, number, number],
	[main, second, accent]: readonly [string, string, string],
): ProductLook {
	return Object.freeze({ shape, widthMm, heightMm, depthMm, main, second, accent });
}

/** The wares of the demo machines, and a stone. Sizes are those of usual packages in round numbers, not of a brand. */
const looks: Readonly<Record<string, ProductLook>> = Object.freeze({
	cola: look("can", [66, 115, 66], ["#c2342b", "#8f1f1a", "#fff4ec"]),
	"iced-tea": look("bottle", [65, 215, 65], ["#b9691f", "#2f6f4d", "#f3d36b"]),
	"energy-drink": look("slim-can", [53, 135, 53], ["#1e2c5c", "#c8d2e4", "#62d5e6"]),
	"orange-juice": look("carton", [60, 190, 60], ["#f08a24", "#fff3df", "#d96a0c"]),
	"apple-juice": look("carton", [60, 190, 60], ["#6aa53b", "#f2f8e6", "#4b812a"]),
	lemonade: look("bottle", [61, 225, 61], ["#ecdc7a", "#fffbe8", "#4f9d69"]),
	smoothie: look("small-bottle", [55, 150, 55], ["#8c2f62", "#f6dfea", "#5b1b40"]),
	"chicken-sandwich": look("wedge", [75, 85, 180], ["#d9a35b", "#7fa650", "#f6ead6"]),
	"egg-sandwich": look("wedge", [75, 85, 180], ["#e3bd74", "#f3d54e", "#fffbe9"]),
	yogurt: look("cup", [75, 80, 75], ["#f4f6f8", "#3f7cc4", "#e26a8d"]),
	"fruit-salad": look("bowl", [130, 70, 130], ["#e9f2ee", "#e0524d", "#f2b134"]),
	chips: look("bag", [130, 190, 60], ["#d9a514", "#c23a2a", "#fff3c9"]),
	"mixed-nuts": look("pouch", [110, 170, 40], ["#6b4a2f", "#e7d3b1", "#a9763f"]),
	chocolate: look("bar", [80, 160, 12], ["#5a2a6e", "#d9b356", "#f4ead2"]),
	water: look("bottle", [65, 215, 65], ["#bfe0f0", "#2f78b7", "#1f5c93"]),
	crisps: look("bag", [120, 170, 50], ["#2f7d5b", "#f0d9a0", "#fff7dc"]),
	nuts: look("pouch", [100, 150, 30], ["#2c4a6b", "#e7d3b1", "#c08a46"]),
	gum: look("box", [45, 75, 20], ["#3aa6a0", "#eafaf8", "#1d6e6a"]),
	espresso: look("mug", [60, 60, 60], ["#fbfaf7", "#3a2418", "#b9b3a6"]),
	coffee: look("mug", [85, 95, 85], ["#fbfaf7", "#5a3a24", "#b9b3a6"]),
	stone: look("stone", [90, 62, 80], ["#8b8f8c", "#6d716f", "#a9adaa"]),
	"hot-water": look("mug", [85, 95, 85], ["#fbfaf7", "#cfe6ee", "#b9b3a6"]),
});

const plainBox = look("box", [80, 120, 80], ["#7d8a94", "#eef1f3", "#55626c"]);

/** The look of a product; what nobody has drawn is a plain box. */
export function lookOfProduct(sku: string): ProductLook {
	return looks[sku] ?? plainBox;
}
