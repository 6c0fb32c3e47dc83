/** Where the world touches the electronics: what the sensors feel, and what the lock does. */
export interface FridgeHardware {
	/** The force on the load cell of a shelf, as the mass that would weigh as much, milligrams; a pull is negative. */
	setLoad(shelf: number, milligrams: number): void;
	/** Whether the magnet in the door is at the hall sensor. */
	setMagnet(near: boolean): void;
	/** Whether the solenoid holds the bolt back. */
	readonly boltReleased: boolean;
	onBoltChange(listener: (released: boolean) => void): void;
}
