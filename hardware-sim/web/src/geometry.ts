/** Where everything of the cabinet is, in CSS pixels, for a drawing of a given width. */
export interface Cabinet {
	readonly width: number;
	readonly height: number;
	/** A drawing for a phone. */
	readonly compact: boolean;
	/** Width of the door's frame around its glass. */
	readonly frame: number;
	readonly cabinet: Box;
	/** The panel above the door, with display and light. */
	readonly fascia: Box;
	/** What the glass covers. */
	readonly inside: Box;
}

/** A fridge. */
export interface Geometry extends Cabinet {
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

/** A drawing for a phone is narrower than this. */
const phoneWidth = 480;

/** The cabinet for a drawing so wide, with an inside that is so high. */
export function cabinetOf(width: number, insideHeight: (compact: boolean) => number): Cabinet {
	const compact = width < phoneWidth;
	// The door swings out at the left, towards whoever looks.
	const left = compact ? 24 : 56;
	const right = compact ? 4 : 12;
	const edge = compact ? 8 : 12;
	const cabinet = { x: left, y: 4, width: width - left - right, height: 0 };
	const fascia = {
		x: cabinet.x + edge,
		y: cabinet.y + edge,
		width: cabinet.width - 2 * edge,
		height: compact ? 106 : 138,
	};
	const inside = {
		x: fascia.x,
		y: fascia.y + fascia.height + (compact ? 6 : 8),
		width: fascia.width,
		height: insideHeight(compact),
	};
	const bottom = inside.y + inside.height + (compact ? 18 : 26);
	return {
		width,
		height: bottom + 8,
		compact,
		frame: compact ? 9 : 13,
		cabinet: { ...cabinet, height: bottom - cabinet.y },
		fascia,
		inside,
	};
}

/** A cabinet with so many shelves behind its door. */
export function fridgeOf(width: number, shelfCount: number): Geometry {
	const heightOf = (compact: boolean) => (compact ? 104 : 119);
	const cabinet = cabinetOf(width, (compact) => shelfCount * heightOf(compact) + (compact ? 14 : 22));
	const { compact, frame, inside } = cabinet;
	const rail = compact ? 26 : 30;
	const height = heightOf(compact);
	return {
		...cabinet,
		lane: compact ? 55 : 82,
		shelves: Array.from({ length: shelfCount }, (_, number) => {
			const y = inside.y + frame - 4 + number * height;
			return {
				number,
				box: { x: inside.x + frame, y, width: inside.width - 2 * frame, height },
				floor: y + height - rail,
				rail,
				clear: height - rail - (compact ? 9 : 13),
			};
		}),
	};
}

/** Distance of the eye from the cabinet's front, in pixels. */
const eye = 6_000;

/** A rectangle on the door: edges as pixels from the door's own, while it is shut. */
export interface DoorPart {
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

/** The outline of a part of the door that has turned about its hinge at the left, as a path. */
export function doorPath({ inside }: Cabinet, degrees: number, part: DoorPart): string {
	const angle = (degrees * Math.PI) / 180;
	const middleX = inside.x + inside.width / 2;
	const middleY = inside.y + inside.height / 2;
	const corner = (fromHinge: number, y: number): string => {
		const nearer = eye / (eye - fromHinge * Math.sin(angle));
		const x = middleX + (inside.x + fromHinge * Math.cos(angle) - middleX) * nearer;
		return `${x.toFixed(1)} ${(middleY + (y - middleY) * nearer).toFixed(1)}`;
	};
	const [left, right] = [part.left, inside.width - part.right];
	const [top, bottom] = [inside.y + part.top, inside.y + inside.height - part.bottom];
	return `M${corner(left, top)}L${corner(right, top)} ${corner(right, bottom)} ${corner(left, bottom)}Z`;
}
