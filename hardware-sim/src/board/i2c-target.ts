/** The wire's view of a part on an I2C bus, byte by byte. `true` acknowledges. */
export interface I2CTarget {
	/** The bus addressed this part, to read from it or to write to it. A repeated start calls it again. */
	start(read: boolean): boolean;
	write(byte: number): boolean;
	/** The next byte, 0 to 255. */
	read(): number;
	stop(): void;
}
