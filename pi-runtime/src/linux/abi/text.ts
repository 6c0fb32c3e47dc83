/** The text in a `char[]` of the kernel: up to the first zero byte. */
export function decodeText(bytes: Uint8Array): string {
	const end = bytes.indexOf(0);
	return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Puts `text` into a `char[]`, cut so that a zero byte ends it. The array is zero before. */
export function encodeText(text: string, into: Uint8Array): void {
	new TextEncoder().encodeInto(text, into.subarray(0, into.length - 1));
}
