/**
 * The two partitions that hold firmware, and the bootloader's record of which one to start: what ESP-IDF calls
 * `ota_0`, `ota_1` and `otadata` (ESP-IDF Programming Guide, "Over The Air Updates").
 */
export interface FirmwareSlots {
	/** Where the running firmware came from. */
	readonly running: "a" | "b";
	/** `trial`: this firmware runs for the first time. Unless `confirm` is called, the next start is the other slot's. */
	readonly state: "confirmed" | "trial";
	/** Bytes that fit into a slot. */
	readonly slotBytes: number;
	/** Empties the first `byteLength` bytes of the slot that does not run. It is not startable from now on. */
	erase(byteLength: number): void;
	/** Writes into the slot that does not run. `offset` rises from 0 without gaps. Throws a `HardwareError` when flash fails. */
	write(offset: number, bytes: Uint8Array): void;
	/** SHA-256 of the first `byteLength` bytes of the slot that does not run, as flash holds them. */
	digest(byteLength: number): Uint8Array;
	/** ECDSA P-256 over a SHA-256 digest. `publicKey` is 65 bytes (SEC 1 §2.3.3, uncompressed), `signature` 64 bytes r‖s. */
	verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
	/** The next start is on trial in the other slot. */
	activate(): void;
	/** The running firmware works and stays. */
	confirm(): void;
	/** The running firmware does not work: the next start is the other slot's, and this one is never tried again. */
	reject(): void;
}
