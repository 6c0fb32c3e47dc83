export function money(cents: number): string {
	return `${cents < 0 ? "−" : ""}$${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;
}

/** `7 126 g`, with a thin space. */
export function grams(milligrams: number): string {
	const whole = Math.round(milligrams / 1_000);
	const digits = String(Math.abs(whole)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
	return `${whole < 0 ? "−" : ""}${digits}\u2009g`;
}

/** `2:07.4` */
export function clock(atMs: number): string {
	const minutes = Math.floor(atMs / 60_000);
	const seconds = ((atMs % 60_000) / 1_000).toFixed(1).padStart(4, "0");
	return `${minutes}:${seconds}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${count} ${count === 1 ? one : many}`;
}

/** `never_opened` becomes `never opened`. */
export function words(code: string): string {
	return code.replaceAll(/[-_]/g, " ");
}
