/** Hue 0 to 360, saturation and lightness 0 to 1. */
export interface Hsl {
	readonly hue: number;
	readonly saturation: number;
	readonly lightness: number;
}

/** As CSS has it. */
export function css({ hue, saturation, lightness }: Hsl): string {
	const part = (value: number) => `${(100 * Math.max(0, Math.min(1, value))).toFixed(1)}%`;
	return `hsl(${(((hue % 360) + 360) % 360).toFixed(1)} ${part(saturation)} ${part(lightness)})`;
}

/** A colour of `#rrggbb`. */
export function hslOf(hex: string): Hsl {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
	const most = Math.max(red, green, blue);
	const least = Math.min(red, green, blue);
	const lightness = (most + least) / 2;
	const spread = most - least;
	if (spread === 0) return { hue: 0, saturation: 0, lightness };
	const saturation = spread / (1 - Math.abs(2 * lightness - 1));
	const sector =
		most === red ? (green - blue) / spread : most === green ? (blue - red) / spread + 2 : (red - green) / spread + 4;
	return { hue: 60 * sector, saturation, lightness };
}
