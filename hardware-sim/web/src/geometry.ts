/** Where everything of the cabinet is, in CSS pixels, for a drawing of a given width. */
export interface Geometry {
	readonly width: number;
	readonly height: number;
	/** A drawing for a phone. */
	readonly compact: boolean;
	readonly cabinet: Box;
	/** The panel above the door, with display and light. */
	readonly fascia: Box;
	/** What the glass covers. */
	readonly inside: Box;
	/** Width of the lane at the right where the shelves' masses stand. */
	readonly lane: number;
	readonly shelves: readonly ShelfBox[];
}

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface ShelfBox {
	readonly number: number;
	/** From the shelf above to the rail's lower edge. */
	readonly box: Box;
	/** Where goods stand. */
	readonly floor: number;
	readonly rail: number;
	/** Height that goods may have. */
	readonly clear: number;
}

export function geometryOf(width: number, shelfCount: number): Geometry {
	const compact = width < 480;
	// The door swings out at the left, towards whoever looks.
	const left = compact ? 30 : 62;
	const right = compact ? 6 : 14;
	const edge = compact ? 8 : 12;
	const rail = compact ? 19 : 22;
	const shelfHeight = compact ? 100 : 117;
	const cabinet = { x: left, y: 4, width: width - left - right, height: 0 };
	const fascia = {
		x: cabinet.x + edge,
		y: cabinet.y + edge,
		width: cabinet.width - 2 * edge,
		height: compact ? 104 : 138,
	};
	const inside = {
		x: fascia.x,
		y: fascia.y + fascia.height + edge,
		width: fascia.width,
		height: shelfCount * shelfHeight + 6,
	};
	const kick = compact ? 22 : 34;
	const height = inside.y + inside.height + kick;
	return {
		width,
		height: height + 8,
		compact,
		cabinet: { ...cabinet, height: height - cabinet.y },
		fascia,
		inside,
		lane: compact ? 58 : 84,
		shelves: Array.from({ length: shelfCount }, (_, number) => {
			const y = inside.y + 6 + number * shelfHeight;
			return {
				number,
				box: { x: inside.x, y, width: inside.width, height: shelfHeight },
				floor: y + shelfHeight - rail,
				rail,
				clear: shelfHeight - rail - (compact ? 10 : 14),
			};
		}),
	};
}

/** Distance of the eye from the cabinet's front, in pixels. */
const eye = 2_400;

/** Corners of a part of the door: `from` and `to` are distances from the hinge, 0 to 1; `inset` in pixels from top and bottom. */
export function doorQuad({ inside }: Geometry, degrees: number, from: number, to: number, inset: number): string {
	const angle = (degrees * Math.PI) / 180;
	const middleX = inside.x + inside.width / 2;
	const middleY = inside.y + inside.height / 2;
	const corner = (part: number, y: number): string => {
		const out = part * inside.width * Math.sin(angle);
		const nearer = eye / (eye - out);
		const x = middleX + (inside.x + part * inside.width * Math.cos(angle) - middleX) * nearer;
		return `${x.toFixed(1)},${(middleY + (y - middleY) * nearer).toFixed(1)}`;
	};
	const top = inside.y + inset;
	const bottom = inside.y + inside.height - inset;
	return [corner(from, top), corner(to, top), corner(to, bottom), corner(from, bottom)].join(" ");
}
