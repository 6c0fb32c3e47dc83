// RFC 7518 section 3.2 asks HS256 for a key as long as the digest.
const fewestBytes = 32;
const fewestDifferentCharacters = 12;

/** @throws RangeError when a JWT secret is too short, or too plain to be random */
export function refuseWeakSecret(secret: string): void {
	const remedy = "make one with: openssl rand -base64 48";
	if (new TextEncoder().encode(secret).length < fewestBytes) {
		throw new RangeError(`JWT_SECRET has fewer than ${fewestBytes} bytes; ${remedy}`);
	}
	if (new Set(secret).size < fewestDifferentCharacters) {
		throw new RangeError(`JWT_SECRET has fewer than ${fewestDifferentCharacters} different characters; ${remedy}`);
	}
	if (/change.?me|your.?secret|example|password/i.test(secret)) {
		throw new RangeError(`JWT_SECRET looks like a placeholder; ${remedy}`);
	}
}
