/** A turn as nine numbers, row by row. Angles are radians. */
export type Turn = readonly number[];

/** About the vertical axis: the front turns to the left as seen from the door. */
export function yaw(angle: number): Turn {
	const [c, s] = [Math.cos(angle), Math.sin(angle)];
	return [c, 0, s, 0, 1, 0, -s, 0, c];
}

/** The top leans to the back. */
export function pitch(angle: number): Turn {
	const [c, s] = [Math.cos(angle), Math.sin(angle)];
	return [1, 0, 0, 0, c, s, 0, -s, c];
}

/** Clockwise as seen from the door. */
export function roll(angle: number): Turn {
	const [c, s] = [Math.cos(angle), Math.sin(angle)];
	return [c, -s, 0, s, c, 0, 0, 0, 1];
}

export function scaled(turn: Turn, by: number): Turn {
	return turn.map((part) => part * by);
}

/** First the last one, then the one before it. */
export function after(...turns: readonly Turn[]): Turn {
	return turns.reduce((outer, inner) =>
		[0, 1, 2].flatMap((row) =>
			[0, 1, 2].map((column) =>
				[0, 1, 2].reduce((sum, middle) => sum + outer[3 * row + middle]! * inner[3 * middle + column]!, 0),
			),
		),
	);
}
