/** The wire to the controller: bytes out, bytes in, in order, lost at times. */
export interface SerialPortLike {
	/** Never throws for an absent partner: what cannot be sent is lost, as on any wire. */
	write(bytes: Uint8Array): void;
	/** Called with all bytes that come in, in pieces of any size. */
	onData(listener: (bytes: Uint8Array) => void): void;
	close(): void;
}
