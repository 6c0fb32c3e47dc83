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

/** How a product looks. Colours are those of its wrapping, the same in light and dark. */
export interface Look {
	readonly shape: Shape;
	readonly main: string;
	readonly second: string;
	readonly accent: string;
}

const look = (shape: Shape, main: string, second: string, accent: string): Look =>
	Object.freeze({ shape, main, second, accent });

const looks: Readonly<Record<string, Look>> = Object.freeze({
	cola: look("can", "#c2342b", "#8f1f1a", "#fff4ec"),
	"iced-tea": look("bottle", "#b9691f", "#2f6f4d", "#f3d36b"),
	"energy-drink": look("slim-can", "#1e2c5c", "#c8d2e4", "#62d5e6"),
	"orange-juice": look("carton", "#f08a24", "#fff3df", "#d96a0c"),
	"apple-juice": look("carton", "#6aa53b", "#f2f8e6", "#4b812a"),
	lemonade: look("bottle", "#ecdc7a", "#fffbe8", "#4f9d69"),
	smoothie: look("small-bottle", "#8c2f62", "#f6dfea", "#5b1b40"),
	"chicken-sandwich": look("wedge", "#d9a35b", "#7fa650", "#f6ead6"),
	"egg-sandwich": look("wedge", "#e3bd74", "#f3d54e", "#fffbe9"),
	yogurt: look("cup", "#f4f6f8", "#3f7cc4", "#e26a8d"),
	"fruit-salad": look("bowl", "#e9f2ee", "#e0524d", "#f2b134"),
	chips: look("bag", "#d9a514", "#c23a2a", "#fff3c9"),
	"mixed-nuts": look("pouch", "#6b4a2f", "#e7d3b1", "#a9763f"),
	chocolate: look("bar", "#5a2a6e", "#d9b356", "#f4ead2"),
	water: look("bottle", "#bfe0f0", "#2f78b7", "#1f5c93"),
	crisps: look("bag", "#2f7d5b", "#f0d9a0", "#fff7dc"),
	nuts: look("pouch", "#2c4a6b", "#e7d3b1", "#c08a46"),
	gum: look("box", "#3aa6a0", "#eafaf8", "#1d6e6a"),
	espresso: look("mug", "#fbfaf7", "#3a2418", "#b9b3a6"),
	coffee: look("mug", "#fbfaf7", "#5a3a24", "#b9b3a6"),
	"hot-water": look("mug", "#fbfaf7", "#cfe6ee", "#b9b3a6"),
});

const stone = look("stone", "#8b8f8c", "#6d716f", "#a9adaa");

/** The look of a product; what nobody drew is a plain box, and what was never for sale a stone. */
export function lookOf(sku: string | undefined): Look {
	if (sku === undefined) return stone;
	return looks[sku] ?? look("box", "#7d8a94", "#eef1f3", "#55626c");
}

/** Width and height of a shape, as parts of the height between two shelves. */
export const sizes: Readonly<Record<Shape, { readonly width: number; readonly height: number }>> = Object.freeze({
	can: { width: 0.38, height: 0.66 },
	"slim-can": { width: 0.31, height: 0.78 },
	bottle: { width: 0.32, height: 1 },
	"small-bottle": { width: 0.34, height: 0.8 },
	carton: { width: 0.4, height: 0.96 },
	wedge: { width: 0.62, height: 0.58 },
	cup: { width: 0.48, height: 0.5 },
	bowl: { width: 0.66, height: 0.44 },
	bag: { width: 0.66, height: 0.92 },
	pouch: { width: 0.5, height: 0.74 },
	bar: { width: 0.34, height: 0.8 },
	box: { width: 0.5, height: 0.6 },
	mug: { width: 0.5, height: 0.5 },
	stone: { width: 0.46, height: 0.34 },
});
